// How htmx asks the server, and what happens when the answer is not a page part.
import htmx from "htmx.org";
import { showToast } from "./toasts.js";

Object.assign(htmx.config, {
  allowEval: false, // the content security policy forbids it
  includeIndicatorStyles: false, // likewise: style comes from files
  defaultSettleDelay: 0, // what came in hears clicks and keys at once: nothing here is animated by settling
  historyCacheSize: 0, // people's data does not belong in the browser's storage
  refreshOnHistoryMiss: true,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "409|422", swap: true }, // an editor that says what is wrong
    { code: "...", swap: false, error: true },
  ],
});

const login = () => document.body.dataset.login;
const EDITOR = "[data-editor], [data-cell-editor]";
const retried = new WeakSet(); // forms that were sent again with a new token

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.body.dataset.csrf ?? "";
});

/** Whether whoever this page is of is signed in; then it takes the token of their session over. */
async function isSignedIn() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || new URL(answer.url).pathname === login()) return false;
  const { csrf: token, account } = new DOMParser().parseFromString(await answer.text(), "text/html").body.dataset;
  if (account !== document.body.dataset.account) return false; // what one has typed is not another's to save
  document.body.dataset.csrf = token;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return true;
}

// What the server says of itself: its disk is full, its database locked.
const saidBy = (xhr) => {
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const said = [...page.querySelectorAll("h1, h1 + p")].map((part) => part.textContent.trim());
  return said.join(". ") || document.body.dataset.textFailed;
};

const askToSignIn = () => showToast(document.body.dataset.textSignedOut, { signIn: true });

// The session has ended: the login page would be swapped into a corner of this one, and what was typed be lost.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  const answered = new URL(xhr.responseURL || location.href);
  if (answered.pathname !== login() || requestConfig.path === answered.pathname) return;
  event.detail.shouldSwap = false;
  requestConfig.elt?.removeAttribute?.("data-live"); // told once is enough
  askToSignIn();
  const form = event.target.closest(EDITOR) ?? event.detail.requestConfig.elt.closest?.(EDITOR);
  if (form) delete form.dataset.isLeaving;
});

// A form that was opened in a session before this one is refused. Its words are sent again with the new token, once.
document.addEventListener("htmx:responseError", async (event) => {
  const { xhr, elt } = event.detail;
  if (elt.matches?.("[data-live]")) return; // nobody asked for anything
  if (xhr.status === 503 || xhr.status === 507) return showToast(saidBy(xhr));
  if (xhr.status !== 403) return showToast(document.body.dataset.textFailed);
  if (!(await isSignedIn())) return askToSignIn();
  const form = elt.closest("form");
  if (!form || retried.has(form)) return showToast(document.body.dataset.textFailed);
  retried.add(form);
  form.requestSubmit();
});
document.addEventListener("htmx:sendError", (event) => {
  // What only fetches more of a page is missed where it is missing; the line on top says that there is no network.
  if (event.detail.requestConfig.verb === "get" && (!navigator.onLine || document.body.dataset.keptAt)) return;
  if (!event.target.closest("[data-poll]")) showToast(document.body.dataset.textOffline);
});

export { htmx };
