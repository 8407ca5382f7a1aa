// Forms that ask for a passkey: the browser's answer goes into the form, which is sent as any other.
const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const listed = (credentials) => credentials?.map((each) => ({ ...each, id: octets(each.id) }));

function decoded({ publicKey }) {
  const options = { ...publicKey, challenge: octets(publicKey.challenge) };
  if (options.user) options.user = { ...options.user, id: octets(options.user.id) };
  if (options.allowCredentials) options.allowCredentials = listed(options.allowCredentials);
  if (options.excludeCredentials) options.excludeCredentials = listed(options.excludeCredentials);
  return { publicKey: options };
}

function encoded(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(parts.filter((part) => response[part]).map((part) => [part, text(response[part])])),
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function answer(form) {
  const given = form.dataset.options ?? (await (await fetch(form.dataset.optionsUrl)).text());
  const options = decoded(JSON.parse(given));
  const isNew = form.dataset.passkey === "create";
  return encoded(await (isNew ? navigator.credentials.create(options) : navigator.credentials.get(options)));
}

export function startPasskeys() {
  if (!window.PublicKeyCredential) return; // the forms stay hidden: on plain http, or in a browser without
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const problem = form.querySelector("[data-problem]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      try {
        form.elements.credential.value = await answer(form);
        form.submit();
      } catch {
        problem.hidden = false; // closed, timed out, or there is none: what the browser says is for developers
      }
    });
  }
}
