/** All scripts of the pages where people sign in and see their account. */

import "../app.js";
import "../passkeys.js";
