/** All scripts of the page of all tables. */

import "../app.js";
import "../home.js";
