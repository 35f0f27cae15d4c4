/** The names of columns that are made of fields. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldName } from "../../../frontend/answers/field-name.js";

test("a column is called after its field, in words", () => {
  const names = {
    city: "City",
    employee_count: "Employee count",
    companyURL: "Company URL",
    "HQ-city": "HQ city",
    ZIP: "ZIP",
  };
  for (const [key, name] of Object.entries(names)) assert.equal(fieldName(key), name);
});

test("an item of a list is called after the list, and a field without a name has one", () => {
  assert.equal(fieldName("0", "tags"), "Tags 1");
  assert.equal(fieldName("  "), "Field");
});
