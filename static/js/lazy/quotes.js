// Quoting: a passage selected in one message can be put above the text box, and goes with the next message.
import { look } from "../quotes/button.js";
import { restoreQuotes } from "../quotes/chips.js";

restoreQuotes();
look();
