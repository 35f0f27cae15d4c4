/**
 * The vertical scroll position, for more pixels than a browser can lay out. Above 15 million (Firefox drops heights over
 * 17.9 M, Chromium stops at 33.5 M) the scrollbar stands for the whole height, and wheel and touch are handled here.
 */
const TALLEST = 15_000_000;
const LINE = 32; // px of a "line" of the wheel
const FRICTION = 0.95; // of a flung touch, per frame

export class Scroll {
  /** Virtual px above the first visible pixel. */
  top = 0;
  #height = 0;
  #expected = 0;

  /**
   * @param {HTMLElement} scroller @param {HTMLElement} body gets the height
   * @param {number} stuck px of the head and the foot that stay inside the scroller @param {() => void} moved
   */
  constructor(scroller, body, stuck, moved) {
    this.scroller = scroller;
    this.body = body;
    this.stuck = stuck;
    this.moved = moved;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    scroller.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#followTouch();
  }

  get scaled() {
    return this.#height > TALLEST;
  }

  /** Height in px of the rows in view. */
  get visible() {
    return Math.max(0, this.scroller.clientHeight - this.stuck);
  }

  get #lowest() {
    return Math.max(0, this.#height - this.visible);
  }

  get #lowestNative() {
    return Math.max(1, Math.min(this.#height, TALLEST) - this.visible);
  }

  /** @param {number} height px of all rows */
  resize(height) {
    this.#follow(); // the scroller may have been moved without an event as yet
    this.#height = height;
    this.body.style.height = `${Math.min(height, TALLEST)}px`;
    this.scroller.style.touchAction = this.scaled ? "none" : "";
    this.to(this.top);
  }

  /** @param {number} top */
  to(top) {
    this.top = Math.min(Math.max(0, top), this.#lowest);
    this.scroller.scrollTop = this.scaled ? (this.top / this.#lowest) * this.#lowestNative : this.top;
    this.#expected = this.scroller.scrollTop;
    this.moved();
  }

  /** Px from the virtual position of a row to its position in the body. */
  get offset() {
    return this.scaled ? this.scroller.scrollTop - this.top : 0;
  }

  #scrolled() {
    this.#follow();
    this.moved();
  }

  /** Takes the position that the browser has scrolled to. */
  #follow() {
    const native = this.scroller.scrollTop;
    if (!this.scaled) this.top = native;
    else if (Math.abs(native - this.#expected) >= 1) {
      this.top = native >= this.#lowestNative - 1 ? this.#lowest : (native / this.#lowestNative) * this.#lowest;
      this.#expected = native;
    }
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!this.scaled || event.ctrlKey || event.shiftKey || !event.deltaY) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? this.visible : 1;
    this.scroller.scrollLeft += event.deltaX * unit;
    this.to(this.top + event.deltaY * unit);
  }

  #followTouch() {
    let x = 0;
    let y = 0;
    let speed = 0;
    const fling = () => {
      if (Math.abs(speed) < 0.5) return;
      this.to(this.top + speed);
      speed *= FRICTION;
      requestAnimationFrame(fling);
    };
    this.scroller.addEventListener(
      "touchstart",
      ({ touches }) => ([x, y, speed] = [touches[0].clientX, touches[0].clientY, 0]),
      {
        passive: true,
      },
    );
    this.scroller.addEventListener(
      "touchmove",
      ({ touches }) => {
        if (!this.scaled) return;
        speed = y - touches[0].clientY;
        this.scroller.scrollLeft += x - touches[0].clientX;
        [x, y] = [touches[0].clientX, touches[0].clientY];
        this.to(this.top + speed);
      },
      { passive: true },
    );
    this.scroller.addEventListener("touchend", () => this.scaled && requestAnimationFrame(fling), { passive: true });
  }
}
