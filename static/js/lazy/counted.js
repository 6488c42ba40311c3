// A sentence with a number, in the plural form that the page's language has for it.
const { counted: forms } = document.getElementById("words").dataset;
const sentences = JSON.parse(forms);
const rules = new Intl.PluralRules(document.documentElement.lang);

export function counted(name, number) {
  const count = number.toLocaleString(document.documentElement.lang);
  return (sentences[rules.select(number)] ?? sentences.other)[name].replace("%(count)s", count);
}
