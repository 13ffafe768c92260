// The browser of prompts and replies. Prompts come in compressed chunks; a page of them is made at a time.
"use strict";

const PAGE = 20;

const unpack = async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
};

// An element with properties and children; text is text, whatever a model wrote.
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const isRight = (answer) => (answer.value > 0.5) === (answer.label === 1);

const judged = (prompt) => prompt.answers.filter((answer) => answer.label !== null && answer.value !== null);

const fits = (prompt, { pattern, status, truth }) =>
  (!status || prompt.answers.some((answer) => answer.status === status)) &&
  (!truth || judged(prompt).some((answer) => isRight(answer) === (truth === "right"))) &&
  (!pattern || pattern.test(prompt.user) || pattern.test((prompt.reply ?? []).join("")) ||
    prompt.answers.some((answer) => pattern.test(answer.of)));

const words = (answer) => {
  if (answer.value === null) return answer.status.replaceAll("_", " ");
  const value = Number(answer.value.toFixed(3));
  return answer.label === null ? `${value}` : `${value}, ${isRight(answer) ? "right" : "wrong"}`;
};

const block = (title, ...content) => [make("h4", { textContent: title }), make("pre", { tabIndex: 0 }, ...content)];

const replyOf = (prompt) =>
  prompt.reply === null
    ? [make("p", { textContent: `No reply: ${prompt.why}` })]
    : block("Reply", ...prompt.reply.map((part, at) => (at % 2 ? make("mark", { textContent: part }) : part)));

const answersOf = (prompt) =>
  make("ul", {}, ...prompt.answers.map((answer) => make("li", { textContent: `${answer.of}: ${words(answer)}` })));

const used = ({ tokens: [prompted, written], cost }) =>
  [
    prompted === null ? "" : `${prompted} tokens asked`,
    written === null ? "" : `${written} written`,
    cost === null ? "" : `$${cost.toPrecision(2)}`,
  ].filter(Boolean).join(", ");

const entry = (prompt) => {
  const [first, ...others] = prompt.answers;
  const more = others.length ? ` and ${others.length} more` : "";
  const summary = make("summary", { textContent: `${prompt.id}${prompt.sample ? `.${prompt.sample}` : ""}  ${first.of}: ${words(first)}${more}` });
  const details = make("details", { className: "card" }, summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const system = prompt.system ? block("System", prompt.system) : [];
    details.append(answersOf(prompt), ...replyOf(prompt), ...block("Prompt", prompt.user), ...system);
    if (used(prompt)) details.append(make("p", { textContent: used(prompt) }));
  });
  return details;
};

const start = async (section) => {
  const find = (name) => section.querySelector(`[data-${name}]`);
  const [search, status, truth, shown, list] = ["search", "status", "truth", "shown", "list"].map(find);
  const steps = [...section.querySelectorAll("[data-step]")];
  shown.textContent = "Unpacking…";
  const chunks = [...section.querySelectorAll("script")].map((chunk) => unpack(chunk.textContent));
  const prompts = (await Promise.all(chunks)).flat();
  let found = prompts;
  let page = 0;

  const show = () => {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    page = Math.min(Math.max(page, 0), last);
    list.replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map(entry));
    shown.textContent = `${found.length.toLocaleString("en")} of ${prompts.length.toLocaleString("en")} prompts, page ${page + 1} of ${last + 1}`;
    for (const step of steps) step.setAttribute("aria-disabled", page === (step.dataset.step < 0 ? 0 : last));
  };
  const filter = () => {
    const escaped = search.value.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const wanted = { pattern: escaped && new RegExp(escaped, "i"), status: status.value, truth: truth.value };
    found = prompts.filter((prompt) => fits(prompt, wanted));
    page = 0;
    show();
  };

  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 150); // a search through ten thousand prompts should not run at each key
  });
  search.addEventListener("change", () => {
    clearTimeout(waiting); // the field is left: what is next in order has to be there, and to stay
    filter();
  });
  for (const choice of [status, truth]) choice.addEventListener("change", filter);
  for (const step of steps) {
    step.addEventListener("click", () => {
      page += Number(step.dataset.step);
      show();
    });
  }
  for (const controls of section.querySelectorAll(".controls")) controls.hidden = false;
  show();
};

for (const section of document.querySelectorAll("[data-prompts]")) start(section);
