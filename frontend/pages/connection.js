/** All scripts of the page of a connection. */

import "../app.js";
import "../panel.js";
