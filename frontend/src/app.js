// What every page runs. Pages work without it: each module makes something quicker that a form or a link does as well.
import "./requests.js";
import { startDialogs } from "./dialogs.js";
import { startDropzones } from "./dropzone.js";
import { startDrafts } from "./drafts.js";
import { startEditors } from "./editing.js";
import { startFinder } from "./finder.js";
import { startKeys } from "./keys.js";
import { startList } from "./list.js";
import { startLive } from "./live.js";
import { startMentions } from "./mentions.js";
import { startOffline } from "./offline.js";
import { startPalette } from "./palette.js";
import { startPasskeys } from "./passkeys.js";
import { startRecord } from "./record.js";
import { startReminders } from "./reminders.js";
import { startReorder } from "./reorder.js";
import { startToasts } from "./toasts.js";

// The list somebody came from, what was selected in it, what they opened last: of one account, whoever comes next here.
const { account } = document.body.dataset;
if (account && account !== (sessionStorage.getItem("account") ?? account)) sessionStorage.clear();
if (account) sessionStorage.setItem("account", account);

startToasts();
startDialogs();
startKeys();
startFinder();
startList();
startRecord();
startEditors();
startReorder();
startDrafts();
startMentions();
startDropzones();
startPasskeys();
startPalette();
startOffline();
startLive();
startReminders();
if (document.querySelector("[data-calendar], [data-tasks]")) import("./calendar.js").then((each) => each.startCalendar());
