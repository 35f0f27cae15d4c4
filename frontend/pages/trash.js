/** All scripts of the page of the trash. */

import "../app.js";
import "../trash.js";
