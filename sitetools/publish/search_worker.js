// How search understands a query and ranks what it finds. This comes before the theme's
// worker, which calls asked(), enough() and score(): see theme.py.

// The numbers below were fitted by random search to what readers type, in tests/data, so
// that as many pages as possible come first. They are a fit, not a theory: where search
// reads something else, or the lists grow, others may fit better.

// So many words are a name or a question. More are a pasted message, of which this site
// need not know each word.
const SHORT = 7;
// What has less than this share of the query, where rare words count more, is left out; so
// is what has less than most of it, and that only in its text.
const SHARE = 0.36;
const MOST = 0.78;
// In how many places a word would be that is in none.
const FEW = 2;

// What a word counts that is like one of the query: of the same stem, or longer.
const SAME_STEM = 0.9;
const BEGIN = 0.6;
// How much of a word's weight a place has that says it in its title, among its other names,
// or once in its text; and if its page has it in its title or names, or anywhere.
const TITLE = 0.6;
const NAMES = 0.82;
const TEXT = 0.21;
// How much of that the words of its id have.
const ID = 0.5;
const PAGE_TITLE = 0.38;
const PAGE_TEXT = 0.35;
// How much more a title is worth that says nothing else; and a page, than a section.
const PRECISE = 0.48;
const PRECISE_PAGE = 0.91;
const PAGE = 2.3;
// How often a text says a word until it counts half of what it can.
const HALF = 1.05;
const PAGE_HALF = 7.86;
// What is worth more than its share: all of a query, rare words.
const POWER = 2.49;
const RARE = 0.42;
const RARE_PAGE = 0.38;
// What a word counts that is nowhere.
const UNKNOWN = 1.05;
// How much more the best are worth, as many as this, if they say words close together.
const BEST = 40;
const NEAR = 0.18;
const NEAR_NAMED = 0.31;
// How much of its boost a page keeps.
const BOOST = 0.29;
// What a little word counts: see search.yml.
const LITTLE = 0.46;

// Korean words of one syllable, verbs, and polite forms: what a question is filled with.
const SPOKEN =
  /^[가-힣]$|[가-힣](?:요|[가-힣][다까]|[는은]데|면|면서|지만|려고|[아어해]서|니까|거나|도록)$/;

let little = new Set(); // words of which questions are full
let synonyms = []; // each: what this site says, then what others say
let sayings = []; // of the synonyms: their words and those of this site, the longest first
let plain = new Map(); // of words with one name of one word: that name
let docs = []; // the places that the index knows: pages, and then their sections
let parts = []; // of the query: the ways to say each, as words, and how rare it is
let found = new Map(); // by place, what it is worth
let vocabulary; // the words of the index

addEventListener("message", ({ data: { type, data } }) => {
  if (type !== 0) return;
  little = new Set(data.config.little_words);
  synonyms = data.config.synonyms ?? [];
  docs = data.docs;
  for (const doc of docs) {
    // The id of a section says in English what it is about.
    const [, id] = doc.location.split("#");
    doc.own = doc.names ?? "";
    if (id) doc.names = `${doc.own} ${id.replaceAll("-", " ")}`.trim();
  }
});

// Whether a word begins with what was typed; one Latin letter says too little.
const begins = (word, typed) => (/^[a-z]$/.test(typed) ? word === typed : word.startsWith(typed));
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

// The words of a text. The theme splits them once more, so none is left to split.
function split(text) {
  const words = text.split(new RegExp(lunr.tokenizer.separator, "g")).filter(Boolean);
  return words.length === 1 && words[0] === text ? words : words.flatMap(split);
}

const ENDING = new RegExp(
  "(?:at(?:ions?|e[ds]?|ing)|i(?:ons?|ng|ty|ve)|[ae]nc(?:e|es|y|ies)|[ae]nt|al|ly|ments?" +
    "|e[drs]?|or|(?<![su])s|y|ies)$",
);
// An English word without its ending: initialize, initialisation.
function stem(word) {
  if (!/^[a-z]{5,}$/.test(word)) return word;
  const one = word.replace(/is(?=(?:e[ds]?|ing|ations?)$)/, "iz");
  const short = one.replace(ENDING, "");
  return short.length > 3 ? short : one;
}

// What a word sounds like: its letters, in Korean its vowels and consonants.
const sounds = (word) => word.normalize("NFD");
const VOWEL = /[\u1161-\u1175]/;

// How many letters differ between two words, at most so many; a Korean vowel counts half:
// loanwords are written in many ways.
function distance(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return Infinity;
  let before = [];
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const [a, b] = [one[i - 1], other[j - 1]];
      const change = a === b ? 0 : VOWEL.test(a) && VOWEL.test(b) ? 0.5 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + change);
      const swapped = i > 1 && j > 1 && a === other[j - 2] && one[i - 2] === b;
      if (swapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    if (Math.min(...next) > most) return Infinity;
    [before, row] = [row, next];
  }
  return row[other.length];
}
// From so many letters on, so many may differ.
function allowed(sound) {
  if (sound.length < 5) return 0;
  return (sound.length < 9 ? 1 : 2) - (VOWEL.test(sound) ? 0.5 : 0);
}

// The words that this site knows, and how it finds them.
function learn({ invertedIndex, fields }) {
  const words = (text) => split(text.toLowerCase());
  sayings = synonyms.flatMap((names) => names.map((name) => [words(name), words(names[0])]));
  sayings = sayings.filter(([one]) => one.length).sort(([one], [other]) => other.length - one.length);
  const single = sayings.filter(([one, main]) => one.length === 1 && main.length === 1);
  plain = new Map(single.reverse().map(([[one], [main]]) => [one, main]));
  const tokens = Object.keys(invertedIndex).sort();
  const all = new Set([...tokens, ...sayings.flatMap(([one]) => one)]);
  const spoken = [...all].filter((word) => /^(?:\p{L}{3,}|[가-힣]{2,})$/u.test(word));
  const numbers = new Map(docs.map(({ location }, n) => [location, n]));
  const whole = docs.map(({ location }) => numbers.get(location.split("#")[0]));
  vocabulary = {
    invertedIndex, fields, tokens, all, numbers, whole,
    stems: group(tokens, stem),
    spoken: spoken.map((word) => [word, sounds(word)]),
    pages: docs.filter((_, n) => whole[n] === n),
    titles: docs.map(({ title }) => words(title.replace(/<[^>]*>|&\w+;/g, " "))),
    own: docs.map((doc) => new Set(words(doc.own))),
    known: new Map(), weight: new Map(), has: new Map(), // see once()
  };
}
function group(items, key) {
  const groups = new Map();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

// What a function finds for a word, computed once.
function once(kind, word, compute) {
  const before = vocabulary[kind];
  if (!before.has(word)) before.set(word, compute(word));
  return before.get(word);
}

// The words of the index that are like one of the query, and how much.
const known = (word) => once("known", word, findKnown);
function findKnown(word) {
  const like = new Map(starting(word).map((token) => [token, BEGIN]));
  for (const token of vocabulary.stems.get(stem(word)) ?? []) like.set(token, SAME_STEM);
  if (vocabulary.invertedIndex[word]) like.set(word, 1);
  return like;
}
// The words of the index that begin with one; they are sorted.
function starting(word) {
  const { tokens } = vocabulary;
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle] < word) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (tokens[end]?.startsWith(word)) end++;
  return tokens.slice(low, end).filter((token) => begins(token, word));
}
// Those that mean the same, not only begin the same.
const alike = (word) => [...known(word)].filter(([, like]) => like > BEGIN).map(([token]) => token);

// How much a word of the query counts: the rarer, the more.
const weight = (word) => once("weight", word, findWeight);
function findWeight(word) {
  const { invertedIndex, fields, pages } = vocabulary;
  const placesOf = (token) => fields.flatMap((field) => Object.keys(invertedIndex[token][field]));
  const places = new Set([...known(word).keys()].flatMap(placesOf));
  const its = new Set([...places].map((place) => place.split("#")[0]));
  const rare = (all, those) => Math.log(1 + all.length / (1 + (those.size || FEW)));
  const rareness = rare(docs, places) ** RARE * rare(pages, its) ** RARE_PAGE;
  return rareness * (little.has(word) ? LITTLE : 1) * (places.size ? 1 : UNKNOWN);
}

// The words that the theme is to look for: those of the query, and what is like them.
function asked(query, index) {
  if (vocabulary?.invertedIndex !== index.invertedIndex) learn(index);
  parts = understood(query);
  for (const part of parts) part.weight = Math.min(...part.ways.map((way) => Math.max(...way.map(weight))));
  rank();
  const looked = parts.flatMap(({ ways }) => ways.flat()).flatMap((word) => [...alike(word), word]);
  const there = (word) => vocabulary.invertedIndex[word];
  return [...new Set(looked)].map((word) => (there(word) ? `${word}^1 ${word}` : word)).join(" ");
}

// The parts of what was typed or pasted. Signs such as - and : would be operators of the
// theme.
function understood(query) {
  // Of a traceback, only its message.
  const message = query.replace(/^.*\w(?:Error|Exception|Warning): (?=.*\S)/s, "").toLowerCase();
  const typed = split(message.replace(/n['’]t\b/g, " not").replace(/[^\p{L}\p{M}\p{N}_]+/gu, " "));
  const short = typed.length <= SHORT;
  let words = typed.filter((word) => known(word).size || !little.has(word));
  if (short) words = words.flatMap(meant);
  // Such words may be missing.
  words = words.filter((word) => known(word).size || !SPOKEN.test(word));
  const telling = (word) => known(word).size && !/^(\d+|[a-z])$/.test(word);
  return said(words).filter(({ ways }) => short || ways.flat().some(telling));
}

// Whether two words are the same, or two names of one thing.
const same = (word, other) => word === other || (plain.get(word) ?? word) === (plain.get(other) ?? other);

// The parts of a query: each word, or the words of a synonym together.
function said(words) {
  const said = [];
  for (let at = 0; at < words.length; ) {
    const here = (name) => name.every((word, n) => same(word, words[at + n]));
    const [name, ...others] = sayings.find(([name]) => here(name)) ?? [[words[at]]];
    let ways = [words.slice(at, at + name.length), ...others];
    const joined = words[at] + words[at + 1];
    if (name.length === 1 && vocabulary.invertedIndex[joined]) ways = [words.slice(at, at + 2), [joined]];
    said.push({ ways });
    at += ways[0].length;
  }
  return said;
}

// What a word means that this site does not know: two words without a space, or one that
// is written in another way.
function meant(word) {
  if (known(word).size || vocabulary.all.has(word) || /[\d_]/.test(word)) return [word];
  const bare = word.replace(/(?<=^[가-힣])[에은는이가을를로과와도의만]$/, "");
  return known(bare).has(bare) ? [bare] : (pieces(word) ?? [close(word) ?? begin(word) ?? word]);
}
// A Korean word without an ending of one or two syllables.
function begin(word) {
  const starts = /^[가-힣]{3,}$/.test(word) ? [word.slice(0, -1), word.slice(0, -2)] : [];
  return starts.find((start) => start.length > 1 && known(start).has(start));
}
function pieces(word) {
  const least = /^[가-힣]+$/.test(word) ? 2 : 4;
  for (let cut = word.length - least; cut >= least; cut--) {
    const [start, tail] = [word.slice(0, cut), word.slice(cut)];
    if (little.has(start)) continue;
    const head = vocabulary.all.has(start) ? start : close(start);
    const rest = head && (vocabulary.all.has(tail) ? [tail] : (pieces(tail) ?? close(tail)));
    if (rest) return [head, rest].flat();
  }
}
// The index has English words without their endings, in which a typo may be.
function unlikeEnding(word, stemmed) {
  const ending = word.length - stemmed.length;
  if (!/^[a-z]{5,}$/.test(stemmed) || ending < 1 || ending > 4) return Infinity;
  return distance(word.slice(0, stemmed.length), stemmed, 0.5) + 0.5;
}
function close(word) {
  const sound = sounds(word);
  let [best, least] = [undefined, allowed(sound) + 0.1];
  for (const [other, its] of vocabulary.spoken) {
    if (its[0] !== sound[0]) continue;
    const far = Math.min(distance(sound, its, allowed(sound)), unlikeEnding(sound, its));
    if (far < least) [best, least] = [other, far];
  }
  return best;
}

// What each place has of a word: what that is worth, how much of the word that is, and how
// much of it is in its own title or names.
const has = (word) => once("has", word, findHas);
function findHas(word) {
  const { title, names, text } = uses(word);
  const named = title.map((most, n) => Math.max(most, names[n]));
  const { above, around } = onPage(named, text);
  const value = title.map((_, n) => {
    const less = (1 - TITLE * title[n]) * (1 - NAMES * names[n]) * (1 - (TEXT * text[n]) / (text[n] + HALF));
    return 1 - less * (1 - PAGE_TITLE * above[n]) * (1 - (PAGE_TEXT * around[n]) / (around[n] + PAGE_HALF));
  });
  const share = named.map((most, n) => Math.max(most, above[n], Math.min(1, text[n])));
  return { value, share, named };
}
const zeros = () => new Float32Array(docs.length);

// How much each place has of a word in its title, its names and its text.
function uses(word) {
  const { invertedIndex, numbers, own } = vocabulary;
  const [title, names, text] = [zeros(), zeros(), zeros()];
  const most = (field, n, like) => (field[n] = Math.max(field[n], like));
  for (const [token, like] of known(word)) {
    const fields = invertedIndex[token];
    for (const ref in fields.title) most(title, numbers.get(ref), like);
    for (const ref in fields.names) {
      const n = numbers.get(ref);
      most(names, n, own[n].has(token) ? like : like * ID);
    }
    for (const ref in fields.text) text[numbers.get(ref)] += like * fields.text[ref].position.length;
  }
  return { title, names, text };
}

// How much the page of each place has of a word: in its title or names, and anywhere.
function onPage(named, text) {
  const { whole } = vocabulary;
  const [above, around] = [zeros(), zeros()];
  for (const [n, page] of whole.entries()) around[page] += Math.max(named[n], text[n]);
  for (const [n, page] of whole.entries()) {
    around[n] = around[page];
    if (n !== page) above[n] = named[page];
  }
  return { above, around };
}

// What each place has of the query.
function rank() {
  const total = sum(parts.map(({ weight }) => weight));
  const all = parts.map(({ ways, weight }) => ({ ways: ways.map((way) => way.map(has)), weight }));
  const said = new Set(parts.flatMap(({ ways }) => ways.flat().flatMap((word) => [word, ...alike(word)])));
  found = new Map();
  for (const [n, { location, boost = 1 }] of docs.entries()) {
    const { value, share, named } = hasOf(all, n);
    if (!value || share / total < (named ? SHARE : MOST)) continue;
    const [precision, page] = vocabulary.whole[n] === n ? [PRECISE_PAGE, PAGE] : [PRECISE, 1];
    const exact = 1 + precision * precise(n, said);
    found.set(location, (value / total) ** POWER * exact * boost ** BOOST * page);
  }
  const pairs = neighbors();
  if (!pairs.length) return;
  const best = [...found].sort(([, one], [, other]) => other - one).slice(0, BEST);
  for (const [place, score] of best) found.set(place, score * near(place, pairs));
}

// What a place has of all parts of the query, of each in the way that is worth most.
function hasOf(all, n) {
  const has = { value: 0, share: 0, named: 0 };
  for (const { ways, weight } of all) {
    const best = { value: 0, share: 0, named: 0 };
    for (const way of ways) {
      // Of words that mean something together, the least.
      const least = (what) => Math.min(...way.map((word) => word[what][n]));
      if (least("value") <= best.value) continue;
      for (const what in best) best[what] = least(what);
    }
    has.value += best.value * weight;
    has.share += best.share * weight;
    has.named = Math.max(has.named, best.named);
  }
  return has;
}

// How much of a place's title is in the query.
function precise(n, said) {
  const title = vocabulary.titles[n];
  return sum(title.filter((word) => said.has(word)).map(weight)) / (sum(title.map(weight)) || 1);
}

// The words that follow each other in the query, from one part to the next, as words of
// the index.
function neighbors() {
  const last = (ways, end) => [...new Set(ways.flatMap((way) => alike(way.at(end))))];
  const ends = parts.map(({ ways }) => [last(ways, 0), last(ways, -1)]);
  return ends.slice(1).map(([first], n) => [ends[n][1], first]);
}
// How much more a place is worth that says words close together as the query does.
function near(place, pairs) {
  const { invertedIndex } = vocabulary;
  const close = (field, [before, after]) => {
    const at = (tokens) => tokens.flatMap((token) => invertedIndex[token][field]?.[place]?.position ?? []);
    const second = new Set(at(after));
    return second.size && at(before).some((n) => [1, 2, -1, -2].some((step) => second.has(n + step)));
  };
  const said = (fields) => pairs.filter((pair) => fields.some((field) => close(field, pair)));
  const share = (fields) => said(fields).length / pairs.length;
  return 1 + NEAR_NAMED * share(["title", "names"]) + NEAR * share(["text"]);
}

// Whether a result is shown.
const enough = ({ location }) => found.has(location);

// What was found in other words is not missing, and only what was typed can be.
function score({ location }, terms) {
  const said = (word) => [word, ...alike(word)].some((one) => terms[one]);
  const lost = parts.filter(({ ways }) => !ways.some((way) => way.every(said)));
  const missing = lost.flatMap(({ ways: [typed] }) => typed.filter((word) => !said(word)));
  for (const term in terms) if (!terms[term] && !missing.includes(term)) delete terms[term];
  return found.get(location);
}
