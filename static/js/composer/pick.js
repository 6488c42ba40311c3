// What was chosen and not used yet; after that the chat itself says what was chosen last.
import { setCookie } from "../lib/cookies.js";

/** @param {URLSearchParams | ""} pick */
export const rememberPick = (pick) => setCookie("pick", pick);
