// Forms with `data-passkey`: the browser makes or finds a key before the form goes, and its answer goes along.
const ask = {
  create: (options) =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

// The page holds the options; where it does not (signing in), they are asked for when somebody wants them.
async function optionsOf(form) {
  const held = form.querySelector("script[type='application/json']");
  if (held) return JSON.parse(held.textContent).publicKey;
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return (await answer.json()).request_options.publicKey;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-passkey]");
  if (!form) return;
  event.preventDefault();
  const fault = form.querySelector("[data-fault]");
  fault.hidden = true;
  try {
    const credential = await ask[form.dataset.passkey](await optionsOf(form));
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    fault.textContent = error.name === "NotAllowedError" ? fault.dataset.cancelled : fault.dataset.unable;
    fault.hidden = false;
  }
});
