// A piano's keys that play sounds which the generator made when the site was built: 8 bits a sample by the mu law, instrument by instrument.
import { embedded } from "./embedded.js";

const RATE = 16000;
// Places of the computer's keys, whatever its layout calls them: the middle row plays the white keys.
const PLACES = ["A", "W", "S", "E", "D", "F", "T", "G", "Y", "H", "U", "J", "K", "O", "L", "P"].map((name) => `Key${name}`).concat("Semicolon", "Quote");

const expanded = (value) => Math.sign(value) * (256 ** (Math.abs(value) / 128) - 1) / 255;

export async function keyboardPanel(panel) {
  const keys = [...panel.querySelectorAll("[data-pitch]")], instruments = [...panel.querySelectorAll("[data-instrument]")];
  const wave = panel.querySelector(".wave");
  let chosen = 1, context;
  const bytes = await embedded("notes.js");
  const sounds = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = sounds.length / (instruments.length * keys.length);

  function show(sound) {
    const pen = wave.getContext("2d"), middle = wave.height / 2;
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, wave.width, wave.height);
    pen.fillStyle = "#ff9f1c";
    const width = Math.floor(length / wave.width);
    for (let x = 0; x < wave.width; x++) {
      const part = sound.subarray(x * width, (x + 1) * width);
      const high = Math.max(...part), low = Math.min(...part);
      pen.fillRect(x, middle - high * middle, 1, Math.max(1, (high - low) * middle));
    }
  }
  function play(i) {
    lead(i);
    keys[i].classList.add("sounding");
    setTimeout(() => keys[i].classList.remove("sounding"), 250);
    const start = (chosen * keys.length + i) * length;
    const sound = Float32Array.from(sounds.subarray(start, start + length), expanded);
    show(sound);
    wave.setAttribute("aria-label", `The waveform of ${keys[i].getAttribute("aria-label")}, ${instruments[chosen].textContent}`);
    context ??= new AudioContext(); // a page may make a sound only after a click or a key
    const buffer = context.createBuffer(1, length, RATE);
    buffer.copyToChannel(sound, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start();
  }
  function lead(i) { // the one key that the tabulator reaches; the arrow keys reach the others
    for (const [j, key] of keys.entries()) key.tabIndex = i === j ? 0 : -1;
  }
  function choose(i) {
    chosen = i;
    for (const [j, button] of instruments.entries()) button.setAttribute("aria-pressed", i === j);
  }
  for (const [i, key] of keys.entries()) key.addEventListener("click", () => play(i));
  for (const [i, button] of instruments.entries()) button.addEventListener("click", () => choose(i));
  panel.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = keys.indexOf(document.activeElement), step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], i = PLACES.indexOf(event.code);
    if (step && here >= 0) {
      lead(Math.min(keys.length - 1, Math.max(0, here + step)));
      keys.find((key) => key.tabIndex === 0).focus();
    } else if (i >= 0) {
      if (!event.repeat) play(i);
    } else {
      return;
    }
    event.preventDefault(); // a browser may have a use of its own for a key: Firefox looks for links after a quotation mark
  });
  lead(0);
  panel.dataset.ready = "yes";
}
