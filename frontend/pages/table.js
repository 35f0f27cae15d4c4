/** All scripts of the page of a table. */

import "../app.js";
import "../table.js";
import "../panel.js";
