// The composer of the chat page, from the message box to the model menu. The order of the imports is that of the
// listeners.
import "./composer/keys.js";
import "./composer/queue.js";
import "./composer/sending.js";
import { arrive } from "./composer/arrival.js";
import { focusWithPointer } from "./composer/form.js";
import "./composer/editor.js";
import "./composer/model_menu.js";

arrive();
focusWithPointer();
