// What runs on every page beside the sidebar after its own scripts: the sidebar, the shortcuts and the thread. The order
// of the imports is that of the listeners.
import "./sidebar/folding.js";
import "./sidebar/filter.js";
import "./sidebar/order.js";
import "./sidebar/renaming.js";
import "./sidebar/choosing.js";
import "./sidebar/width.js";
import "./shortcuts/listening.js";
import "./thread/following.js";
