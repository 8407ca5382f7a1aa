// What every page runs. Pages work without it: each module makes something quicker that a form or a link does as well.
import "./requests.js";
import { startDialogs } from "./dialogs.js";
import { startDropzones } from "./dropzone.js";
import { startDrafts } from "./drafts.js";
import { startEditors } from "./editing.js";
import { startFinder } from "./finder.js";
import { startKeys } from "./keys.js";
import { startList } from "./list.js";
import { startMentions } from "./mentions.js";
import { startPalette } from "./palette.js";
import { startPasskeys } from "./passkeys.js";
import { startRecord } from "./record.js";
import { startToasts } from "./toasts.js";

startToasts();
startDialogs();
startKeys();
startFinder();
startList();
startRecord();
startEditors();
startDrafts();
startMentions();
startDropzones();
startPasskeys();
startPalette();
if (document.querySelector("[data-calendar], [data-tasks]")) import("./calendar.js").then((each) => each.startCalendar());
