// The app's own words in three languages, and how times and amounts are written.
//
// What is said to a guest comes in the guest's language, what to do and why in the site's: both from the topic.

import { memory } from "./dom.js";

export const LANGUAGES = { en: "English", da: "Dansk", sv: "Svenska" };

const LOCALES = { en: "en-GB", da: "da-DK", sv: "sv-SE" };

const WORDS = {
  en: {
    skip: "Skip to the board", language: "Language", role: "Role", all_roles: "All roles",
    todo: "To do", taken: "Taken", ask: "Follow-ups", ended: "Done today",
    todo_empty: "Nothing to put right just now.", taken_empty: "Nobody is on their way.",
    ask_empty: "Nobody to ask.", ended_empty: "Nothing yet today.",
    who: "Who are you?", who_why: "Your colleagues see the name when you take something on.", who_label: "Your name",
    save: "Save", cancel: "Cancel", send: "Send",
    say: "Say this", say_in: "Say this, in {language}", ask_this: "Ask this", ask_in: "Ask this, in {language}",
    do: "Do this", why: "Why", happened: "What happened",
    take: "I’ll do it", take_ask: "I’ll ask", done: "Done", other: "Something else …", was_done: "It was done",
    is_wrong: "Something is wrong", is_well: "All is well",
    details: "Details", more_words: "What it was about",
    wait: "After the apology", wait_why: "First apologise. This opens once the apology has been reported.",
    after: "After the apology",
    due_in: "in {time}", due_now: "now", due_late: "{time} late", asks_at: "to be asked {at}", now: "now",
    at: "at {clock}", on_day: "on {day}, {clock}",
    minutes: "{n} min", hours: "{n} h", hours_minutes: "{n} h {m} min", days: "{n} d",
    taken_by: "{who} is on it", taken_by_you: "You are on it", taken_by_nobody: "Somebody is on it", by: "by {who}",
    guest_n: { one: "{n} guest", other: "{n} guests" },
    evidence: "Their usual", no_habit: "No habit known",
    allowed: "You may give up to", alternatives: "Or instead", order: "Order", place: "Ordered at", noticed: "Noticed",
    severity: "How serious", authority: "Authority", shortfalls: "What went wrong",
    seen_first: "we saw it first", guest_told: "the guest told us", suspected: "not certain", late: "{time} late",
    instead: "In place of an earlier suggestion",
    sending: "Sending …", sent: "Sent. Waiting for the service …", unconfirmed: "Sent, but not confirmed yet.",
    failed: "Not sent: no connection.", again: "Try again", taken_meanwhile: "{who} was faster.",
    over_meanwhile: "This needs no answer any more.", refused: "This answer was not accepted.", somebody: "Somebody",
    other_title: "What happened?", other_done: "Done, and I want to add something",
    other_guest: "The guest said no, thank you", other_gave: "I gave {what} instead", other_else: "I did something else",
    other_impossible: "It cannot be done", other_better_not: "Better not", comment: "In a few words",
    comment_needed: "Please say it in a few words", optional: "optional",
    score: "How well did we handle it?", score_low: "0 not at all", score_high: "10 very well",
    still_ok: "Is it still all right?", yes: "Yes", no: "No", no_answer: "No answer", send_answer: "Send answer",
    score_needed: "Choose a number, or yes or no",
    ask_declined: "Does not want to be asked", ask_not_received: "What we promised never came",
    ask_irrelevant: "No longer relevant",
    new_card: "New: {what}", gone_card: "Taken back: {what}. Nothing to do.",
    loading: "Reading what happened so far …", offline: "No connection to the app. What you see may be old.",
    no_kafka: "No connection to Kafka. What you see may be old, and answers wait.",
    unreadable: "{n} records could not be read; is outputs.format json?",
    kind: {
      apology: "Apology", early_warning: "Early warning", explanation: "Explanation", status_update: "Status update",
      remedy: "Put it right", gesture: "Small gesture", human_contact: "In person", choice_offer: "Offer a choice",
      check: "Check first", follow_up: "Follow-up",
    },
    state: {
      open: "Open", accepted: "Taken", done: "Done", substituted: "Something else instead", declined: "Declined",
      not_possible: "Not possible", unreported: "Not reported", expired: "Too late", retracted: "Taken back",
      superseded: "Replaced",
    },
    severities: { trivial: "trivial", minor: "minor", moderate: "moderate", major: "major", critical: "critical" },
    roles: {
      waiter: "Waiter", shift_lead: "Shift lead", duty_manager: "Duty manager", head_office: "Head office",
      front_desk: "Front desk",
    },
    failures: {
      delivery_late: "late", delivery_predicted_late: "will be late", delivery_failed_attempt: "delivery failed",
      delivery_lost: "lost", never_confirmed: "nothing heard", item_missing: "missing", item_partial: "left out",
      item_wrong: "wrong", item_damaged: "damaged", quality_defect: "not good enough",
      substituted_unwanted: "swapped without asking", order_cancelled_by_company: "cancelled by us",
      stockout_after_order: "sold out after the order", billing_error: "wrong on the bill",
      slow_service: "slow service", service_unavailable: "not available", request_ignored: "wish overlooked",
      staff_conduct: "our behaviour", safety: "safety", information_failure: "wrong information",
      recovery_failed: "our first attempt failed", unclassified: "something else",
    },
  },
  da: {
    skip: "Gå til tavlen", language: "Sprog", role: "Rolle", all_roles: "Alle roller",
    todo: "Skal gøres", taken: "I gang", ask: "Opfølgning", ended: "Gjort i dag",
    todo_empty: "Der er intet at rette op på lige nu.", taken_empty: "Ingen er på vej.",
    ask_empty: "Ingen at spørge.", ended_empty: "Intet endnu i dag.",
    who: "Hvem er du?", who_why: "Dine kolleger ser navnet, når du tager en opgave.", who_label: "Dit navn",
    save: "Gem", cancel: "Annullér", send: "Send",
    say: "Sig det her", say_in: "Sig det her på {language}", ask_this: "Spørg sådan",
    ask_in: "Spørg sådan på {language}",
    do: "Gør det her", why: "Hvorfor", happened: "Hvad der skete",
    take: "Jeg tager den", take_ask: "Jeg spørger", done: "Gjort", other: "Noget andet …", was_done: "Det blev gjort",
    is_wrong: "Der er noget galt", is_well: "Alt er i orden",
    details: "Detaljer", more_words: "Hvad det drejede sig om",
    wait: "Efter undskyldningen", wait_why: "Sig undskyld først. Knapperne virker, når undskyldningen er meldt.",
    after: "Efter undskyldningen",
    due_in: "om {time}", due_now: "nu", due_late: "{time} over tiden", asks_at: "spørges {at}", now: "nu",
    at: "kl. {clock}", on_day: "{day} kl. {clock}",
    minutes: "{n} min.", hours: "{n} t.", hours_minutes: "{n} t. {m} min.", days: "{n} d.",
    taken_by: "{who} er i gang", taken_by_you: "Du er i gang", taken_by_nobody: "En kollega er i gang",
    by: "af {who}",
    guest_n: { one: "{n} gæst", other: "{n} gæster" },
    evidence: "Plejer at vælge", no_habit: "Ingen kendt vane",
    allowed: "Du må give op til", alternatives: "Eller i stedet", order: "Bestilling", place: "Bestilt i",
    noticed: "Opdaget", severity: "Hvor alvorligt", authority: "Bemyndigelse", shortfalls: "Hvad der gik galt",
    seen_first: "vi så det først", guest_told: "gæsten sagde det", suspected: "ikke sikkert", late: "{time} for sent",
    instead: "I stedet for et tidligere forslag",
    sending: "Sender …", sent: "Sendt. Venter på tjenesten …", unconfirmed: "Sendt, men ikke bekræftet endnu.",
    failed: "Ikke sendt: ingen forbindelse.", again: "Prøv igen", taken_meanwhile: "{who} kom først.",
    over_meanwhile: "Der behøves ikke længere noget svar.", refused: "Svaret blev ikke godtaget.",
    somebody: "En kollega",
    other_title: "Hvad skete der?", other_done: "Gjort, og jeg vil tilføje noget",
    other_guest: "Gæsten sagde nej tak", other_gave: "Jeg gav {what} i stedet", other_else: "Jeg gjorde noget andet",
    other_impossible: "Det kan ikke lade sig gøre", other_better_not: "Hellere lade være", comment: "Med få ord",
    comment_needed: "Skriv det med få ord", optional: "valgfrit",
    score: "Hvor godt håndterede vi det?", score_low: "0 slet ikke godt", score_high: "10 meget godt",
    still_ok: "Er alt stadig i orden?", yes: "Ja", no: "Nej", no_answer: "Intet svar", send_answer: "Send svar",
    score_needed: "Vælg et tal, eller ja eller nej",
    ask_declined: "Vil ikke spørges", ask_not_received: "Det lovede kom aldrig",
    ask_irrelevant: "Ikke længere aktuelt",
    new_card: "Nyt: {what}", gone_card: "Trukket tilbage: {what}. Du skal ikke gøre noget.",
    loading: "Læser, hvad der er sket indtil nu …", offline: "Ingen forbindelse til appen. Det viste kan være gammelt.",
    no_kafka: "Ingen forbindelse til Kafka. Det viste kan være gammelt, og svar må vente.",
    unreadable: "{n} poster kunne ikke læses; står outputs.format til json?",
    kind: {
      apology: "Undskyldning", early_warning: "Besked i god tid", explanation: "Forklaring",
      status_update: "Nyt om bestillingen", remedy: "Bring det i orden", gesture: "Lille opmærksomhed",
      human_contact: "Personligt", choice_offer: "Tilbyd et valg", check: "Se efter først", follow_up: "Opfølgning",
    },
    state: {
      open: "Åben", accepted: "I gang", done: "Gjort", substituted: "Noget andet i stedet", declined: "Afslået",
      not_possible: "Ikke muligt", unreported: "Ikke meldt", expired: "For sent", retracted: "Trukket tilbage",
      superseded: "Erstattet",
    },
    severities: {
      trivial: "ubetydeligt", minor: "mindre", moderate: "mærkbart", major: "alvorligt", critical: "kritisk",
    },
    roles: {
      waiter: "Tjener", shift_lead: "Vagtleder", duty_manager: "Vagthavende chef", head_office: "Hovedkontoret",
      front_desk: "Reception",
    },
    failures: {
      delivery_late: "for sent", delivery_predicted_late: "bliver forsinket",
      delivery_failed_attempt: "levering mislykket", delivery_lost: "gået tabt", never_confirmed: "intet hørt",
      item_missing: "mangler", item_partial: "udeladt", item_wrong: "forkert", item_damaged: "beskadiget",
      quality_defect: "ikke godt nok", substituted_unwanted: "byttet uden at spørge",
      order_cancelled_by_company: "aflyst af os", stockout_after_order: "udsolgt efter bestillingen",
      billing_error: "fejl på regningen", slow_service: "langsom betjening", service_unavailable: "kunne ikke fås",
      request_ignored: "ønske overset", staff_conduct: "vores opførsel", safety: "sikkerhed",
      information_failure: "forkert besked", recovery_failed: "vores første forsøg slog fejl",
      unclassified: "noget andet",
    },
  },
  sv: {
    skip: "Gå till tavlan", language: "Språk", role: "Roll", all_roles: "Alla roller",
    todo: "Att göra", taken: "På gång", ask: "Uppföljning", ended: "Gjort i dag",
    todo_empty: "Inget att ställa till rätta just nu.", taken_empty: "Ingen är på väg.",
    ask_empty: "Ingen att fråga.", ended_empty: "Inget ännu i dag.",
    who: "Vem är du?", who_why: "Dina kollegor ser namnet när du tar en uppgift.", who_label: "Ditt namn",
    save: "Spara", cancel: "Avbryt", send: "Skicka",
    say: "Säg så här", say_in: "Säg så här på {language}", ask_this: "Fråga så här",
    ask_in: "Fråga så här på {language}",
    do: "Gör så här", why: "Varför", happened: "Vad som hände",
    take: "Jag tar den", take_ask: "Jag frågar", done: "Klart", other: "Något annat …", was_done: "Det blev gjort",
    is_wrong: "Något är fel", is_well: "Allt är bra",
    details: "Detaljer", more_words: "Vad det gällde",
    wait: "Efter ursäkten", wait_why: "Be om ursäkt först. Knapparna fungerar när ursäkten är rapporterad.",
    after: "Efter ursäkten",
    due_in: "om {time}", due_now: "nu", due_late: "{time} över tiden", asks_at: "frågas {at}", now: "nu",
    at: "kl. {clock}", on_day: "{day} kl. {clock}",
    minutes: "{n} min", hours: "{n} tim", hours_minutes: "{n} tim {m} min", days: "{n} d",
    taken_by: "{who} är på gång", taken_by_you: "Du är på gång", taken_by_nobody: "En kollega är på gång",
    by: "av {who}",
    guest_n: { one: "{n} gäst", other: "{n} gäster" },
    evidence: "Brukar välja", no_habit: "Ingen känd vana",
    allowed: "Du får ge upp till", alternatives: "Eller i stället", order: "Beställning", place: "Beställt i",
    noticed: "Upptäckt", severity: "Hur allvarligt", authority: "Befogenhet", shortfalls: "Vad som gick fel",
    seen_first: "vi såg det först", guest_told: "gästen berättade", suspected: "inte säkert", late: "{time} för sent",
    instead: "I stället för ett tidigare förslag",
    sending: "Skickar …", sent: "Skickat. Väntar på tjänsten …", unconfirmed: "Skickat, men inte bekräftat ännu.",
    failed: "Inte skickat: ingen anslutning.", again: "Försök igen", taken_meanwhile: "{who} hann före.",
    over_meanwhile: "Det behövs inget svar längre.", refused: "Svaret godtogs inte.", somebody: "En kollega",
    other_title: "Vad hände?", other_done: "Klart, och jag vill tillägga något",
    other_guest: "Gästen tackade nej", other_gave: "Jag gav {what} i stället", other_else: "Jag gjorde något annat",
    other_impossible: "Det går inte", other_better_not: "Bättre att låta bli", comment: "Med några ord",
    comment_needed: "Skriv det med några ord", optional: "valfritt",
    score: "Hur väl skötte vi det?", score_low: "0 inte alls", score_high: "10 mycket väl",
    still_ok: "Är allt fortfarande bra?", yes: "Ja", no: "Nej", no_answer: "Inget svar", send_answer: "Skicka svar",
    score_needed: "Välj en siffra, eller ja eller nej",
    ask_declined: "Vill inte bli tillfrågad", ask_not_received: "Det vi lovade kom aldrig",
    ask_irrelevant: "Inte längre aktuellt",
    new_card: "Nytt: {what}", gone_card: "Återtaget: {what}. Du behöver inte göra något.",
    loading: "Läser vad som har hänt hittills …", offline: "Ingen anslutning till appen. Det som visas kan vara gammalt.",
    no_kafka: "Ingen anslutning till Kafka. Det som visas kan vara gammalt, och svar får vänta.",
    unreadable: "{n} poster kunde inte läsas; är outputs.format json?",
    kind: {
      apology: "Ursäkt", early_warning: "Förvarning", explanation: "Förklaring", status_update: "Lägesbesked",
      remedy: "Ställ till rätta", gesture: "Liten gest", human_contact: "Personligen", choice_offer: "Erbjud ett val",
      check: "Kontrollera först", follow_up: "Uppföljning",
    },
    state: {
      open: "Öppen", accepted: "På gång", done: "Klart", substituted: "Något annat i stället", declined: "Avböjt",
      not_possible: "Inte möjligt", unreported: "Inte rapporterat", expired: "För sent", retracted: "Återtaget",
      superseded: "Ersatt",
    },
    severities: {
      trivial: "obetydligt", minor: "mindre", moderate: "märkbart", major: "allvarligt", critical: "kritiskt",
    },
    roles: {
      waiter: "Servitör", shift_lead: "Skiftledare", duty_manager: "Vakthavande chef", head_office: "Huvudkontoret",
      front_desk: "Reception",
    },
    failures: {
      delivery_late: "för sent", delivery_predicted_late: "blir försenat",
      delivery_failed_attempt: "leveransen misslyckades", delivery_lost: "förlorat", never_confirmed: "inget hört",
      item_missing: "saknas", item_partial: "utelämnat", item_wrong: "fel", item_damaged: "skadat",
      quality_defect: "inte tillräckligt bra", substituted_unwanted: "utbytt utan att fråga",
      order_cancelled_by_company: "avbokat av oss", stockout_after_order: "slut efter beställningen",
      billing_error: "fel på notan", slow_service: "långsam service", service_unavailable: "gick inte att få",
      request_ignored: "önskemål förbisett", staff_conduct: "vårt uppträdande", safety: "säkerhet",
      information_failure: "fel information", recovery_failed: "vårt första försök misslyckades",
      unclassified: "något annat",
    },
  },
};

let current = memory.get("language")
  ?? navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES) ?? "en";
if (!(current in LANGUAGES)) current = "en";

export const language = () => current;

export function speak(chosen) {
  current = chosen;
  memory.set("language", chosen);
}

/** t("due_in", {time: "4 min"}) */
export function t(key, values = {}) {
  return fill(WORDS[current][key] ?? WORDS.en[key] ?? key, values);
}

/** t for words that change with a number. */
export function plural(key, n) {
  const forms = WORDS[current][key];
  return fill(forms[new Intl.PluralRules(LOCALES[current]).select(n)] ?? forms.other, { n });
}

/** A name of the contract in words; one that is not known yet is shown as it is. */
export function name(list, value) {
  if (!value) return "";
  return WORDS[current][list][value] ?? value.replaceAll("_", " ");
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export function duration(milliseconds) {
  const minutes = Math.max(1, Math.round(Math.abs(milliseconds) / 60_000));
  if (minutes < 60) return t("minutes", { n: minutes });
  if (minutes >= 48 * 60) return t("days", { n: Math.round(minutes / 1440) });
  const [n, m] = [Math.floor(minutes / 60), minutes % 60];
  return m === 0 || n >= 10 ? t("hours", { n }) : t("hours_minutes", { n, m });
}

export function clock(time) {
  return new Intl.DateTimeFormat(LOCALES[current], { hour: "2-digit", minute: "2-digit" }).format(time);
}

/** "at 15:17", or with its day when that is not today. */
export function at(time, now) {
  const sameDay = new Date(time).toDateString() === new Date(now).toDateString();
  return sameDay ? t("at", { clock: clock(time) }) : t("on_day", { day: day(new Date(time)), clock: clock(time) });
}

function day(date, timeZone) {
  return new Intl.DateTimeFormat(LOCALES[current], { day: "numeric", month: "long", timeZone }).format(date);
}

/** A calendar day as 2026-06-01, which has no time zone. */
export const calendarDay = (text) => {
  const date = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? text : day(date, "UTC").replaceAll(" ", "\u00a0");
};

export function money(minor, currency) {
  if (minor === undefined || minor === null || !currency) return "";
  try {
    const format = new Intl.NumberFormat(LOCALES[current], { style: "currency", currency });
    const digits = format.resolvedOptions().maximumFractionDigits;
    return format.format(minor / 10 ** digits);
  } catch {
    return `${minor} ${currency}`;
  }
}

/** "English", "dansk": the name of a language. */
export function languageName(tag) {
  try { return new Intl.DisplayNames([LOCALES[current]], { type: "language" }).of(tag); } catch { return tag; }
}

export const list = (items) => new Intl.ListFormat(LOCALES[current], { type: "conjunction" }).format(items);
