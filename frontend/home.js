/** The page of all tables: uploads, the list and its search, new tables, the sample. */

import { listenToNewTable } from "./home/new-table.js";
import { followRuns } from "./home/running.js";
import { refreshList, startList } from "./home/table-list.js";
import { listenToFiles } from "./imports/files.js";
import { watchListed } from "./imports/under-way.js";
import { api, reasonOf } from "./ui/api.js";
import { byId } from "./ui/elements.js";
import { toast } from "./ui/notices.js";

/** @param {HTMLButtonElement} opener */
async function openSample(opener) {
  opener.disabled = true;
  try {
    const table = await api("POST", "/samples");
    location.assign(`/tables/${table.id}#sample`);
  } catch (error) {
    toast(`The sample wasn't created. ${reasonOf(error)}`);
    opener.disabled = false;
  }
}

if (byId("home").dataset.canEdit) {
  const { choose } = listenToFiles({ watching: { opens: true, done: refreshList } });
  for (const opener of document.querySelectorAll("[data-choose-file]")) opener.addEventListener("click", choose);
  listenToNewTable(/** @type {HTMLDialogElement} */ (byId("new-table")));
  for (const opener of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-sample]"))) {
    opener.addEventListener("click", () => void openSample(opener));
  }
}
startList();
watchListed({ done: refreshList });
void followRuns();
