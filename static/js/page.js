// What every page beside the sidebar has, whatever it shows: toasts, menus, the dialog, moving between chats, copying.
// All scripts of such a page take what they share from here. The order of the imports is that of the listeners.
import { setTimeZone } from "./lib/cookies.js";
import "./lib/toast.js";
import "./page/menus.js";
import "./page/dialog.js";
import "./page/swaps.js";
import "./page/actions.js";
import "./page/loading.js";
import "./page/viewport.js";
// For the dialog of shortcuts, too.
import "./shortcuts/recorded.js";
import { offerUndo, showStored } from "./page/undo.js";

setTimeZone();
document.addEventListener("beforetoggle", (event) => event.target.id === "account-menu" && offerUndo(), true);
showStored();
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
