/// <reference lib="dom" />
import { Controller } from '@nestjs/common';
import { OnTask, UnrecoverableError } from 'nestjs-broker';
import { BrokerMonitorModule } from 'nestjs-broker/monitor';
import { launch, type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { obtainChromium } from '../support/chromium-program.js';
import { eventually } from '../support/eventually.js';
import { monitorApp, type MonitorApp } from '../support/monitor-app.js';
import { brokerOptions } from '../support/test-app.js';

const ATTACK = '</script><img src=x onerror="document.title=\'caught\'">';
const SLOW = { within: 15_000, every: 50 };

let failing = true;

@Controller()
class Shop {
  @OnTask('pay')
  pay(): void {
    if (failing) throw new UnrecoverableError(`declined ${ATTACK}`);
  }
}

let browser: Browser;
beforeAll(async () => {
  // as root, which containers often are, Chromium has no sandbox of its own
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await launch({ executablePath: obtainChromium(), args });
}, 120_000);
afterAll(async () => await browser?.close());

interface Opened extends MonitorApp {
  readonly page: Page;
  /** What the browser complained of. */
  readonly complaints: string[];
}

/** The page of a monitor in a tab of its own, with two dead letters. */
async function open(options = {}): Promise<Opened> {
  failing = true;
  const monitor = BrokerMonitorModule.forRoot({
    unguarded: true,
    title: `Shop ${ATTACK}`,
    ...options,
  });
  const parts = { broker: brokerOptions('memory'), imports: [monitor], controllers: [Shop] };
  const { app, broker, url } = await monitorApp(parts);
  await broker.enqueue('pay', { note: ATTACK }, { headers: { [ATTACK]: ATTACK } });
  await broker.enqueue('pay', { note: 'second' });
  await broker.enqueue(`nobody ${ATTACK}`, ATTACK);
  await eventually(async () => expect((await broker.stats()).deadLetters).toBe(2));
  const page = await browser.newPage();
  onTestFinished(async () => await page.close());
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${url}/broker`);
  await eventually(async () => expect(await page.$$('#list > li')).toHaveLength(2), SLOW);
  return { app, broker, url, page, complaints };
}

const textOf = async (page: Page, selector: string): Promise<string> =>
  await page.$eval(selector, (element) => element.textContent ?? '');

/** Goes on by the tab key until the focus is on an element that the selector means. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press('Tab');
    const isThere = await page.evaluate(
      (wanted) => document.activeElement?.matches(wanted) === true,
      selector,
    );
    if (isThere) return;
  }
  throw new Error(`the tab key does not lead to ${selector}`);
}

describe('the page of the monitor', () => {
  it('is live, and replays and drops dead letters by the keyboard alone', async () => {
    const { page, broker, complaints } = await open();
    expect(await textOf(page, '#health')).toBe('live');
    expect(await textOf(page, '#tile-dead')).toBe('2');
    await broker.enqueue('pay', { note: 'third' });
    await eventually(async () => expect(await textOf(page, '#tile-dead')).toBe('3'), SLOW);
    failing = false;
    await tabTo(page, '#list > li:first-child summary');
    await page.keyboard.press('Enter');
    expect(await textOf(page, '#list > li:first-child pre:last-of-type')).toContain(ATTACK);
    await tabTo(page, '#list > li:first-child .body button');
    await page.keyboard.press('Enter');
    await eventually(async () => expect((await broker.stats()).counters.done).toBe(1), SLOW);
    await eventually(
      async () => expect(await textOf(page, '#said')).toBe('1 dead letter replayed.'),
      SLOW,
    );
    await eventually(async () => expect(await page.$$('#list > li')).toHaveLength(2), SLOW);
    await tabTo(page, '#list > li:first-child > input');
    await page.keyboard.press('Space');
    await page.keyboard.down('Shift');
    await tabTo(page, '#chosen button.danger');
    await page.keyboard.up('Shift');
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await page.$('dialog[open]')).not.toBeNull());
    await page.keyboard.press('Escape');
    await eventually(async () => expect(await page.$('dialog[open]')).toBeNull());
    expect((await broker.stats()).deadLetters).toBe(2);
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await page.$('dialog[open]')).not.toBeNull());
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await eventually(async () => expect((await broker.stats()).deadLetters).toBe(1), SLOW);
    await eventually(async () => expect(await textOf(page, '#tile-dead')).toBe('1'), SLOW);
    expect(complaints).toEqual([]);
  });

  it('shows what messages say as text, whatever they say', async () => {
    const { page, complaints } = await open();
    expect(await page.title()).toBe(`Shop ${ATTACK} · broker`);
    expect(await textOf(page, 'h1')).toBe(`Shop ${ATTACK}`);
    await page.$$eval('#list details', (all) => all.forEach((one) => (one.open = true)));
    const list = await textOf(page, '#list');
    expect(list).toContain(`declined ${ATTACK}`);
    expect(list).toContain(`header ${ATTACK}`);
    expect(await textOf(page, '#names')).toContain(`nobody ${ATTACK}`);
    expect(await page.$$('img, iframe, main script')).toEqual([]);
    const injected = await page.evaluate(async () => {
      const refused = new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
          resolve(violatedDirective),
        );
      });
      const script = document.createElement('script');
      script.textContent = "document.title = 'caught'";
      document.body.append(script);
      return await refused;
    });
    expect(injected).toMatch(/^script-src/);
    expect(await page.title()).not.toBe('caught');
    expect(complaints.filter((text) => !text.includes('Content Security Policy'))).toEqual([]);
  });

  it('fits a phone, is dark or light as one likes, and can be read in both', async () => {
    const { page } = await open();
    await page.$$eval('#list details', (all) => all.forEach((one) => (one.open = true)));
    const backs: string[] = [];
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      const { back, pairs } = await page.evaluate(coloursOf);
      backs.push(back);
      for (const { what, contrast } of pairs) {
        expect(contrast, `${what}, ${scheme}`).toBeGreaterThanOrEqual(4.5);
      }
      expect(pairs.length).toBeGreaterThan(30);
    }
    expect(new Set(backs).size).toBe(2);
    await page.setViewport({ width: 360, height: 740 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(360);
  });

  it('has names for everything that can be used, and none of what it may not do', async () => {
    const { page } = await open({ readOnly: true });
    const controls = 'button:not([hidden]), input, a, [role=img], dialog, .wide';
    const { children = [] } = (await page.accessibility.snapshot({ interestingOnly: true })) ?? {};
    const nameless = children.filter(
      ({ role, name }) => /button|textbox|link|checkbox|radio|image/.test(role) && !name,
    );
    expect(nameless).toEqual([]);
    expect((await page.$$(controls)).length).toBeGreaterThan(10);
    expect(await page.$$('td button, td input, .body button, #list input')).toEqual([]);
    await page.click('#states label:nth-of-type(2)');
    await eventually(async () => expect(await textOf(page, '#list')).toContain('nobody'), SLOW);
    expect(await textOf(page, '#found')).toBe('1 found, 1 looked at, that is all.');
  });
});

/** Runs in the page: the background, and the contrast of every text that is seen. */
function coloursOf() {
  const canvas = document.createElement('canvas').getContext('2d')!;
  const rgb = (colour: string): number[] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = rgb(colour).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backOf = (element: Element | null): string => {
    if (element === null) return 'white';
    const { backgroundColor } = getComputedStyle(element);
    return rgb(backgroundColor)[3] === 0 ? backOf(element.parentElement) : backgroundColor;
  };
  const seen = [...document.querySelectorAll('body *')].filter(
    (element) =>
      element.checkVisibility() &&
      [...element.childNodes].some(
        (node) => node.nodeType === 3 && node.textContent?.trim() !== '',
      ),
  );
  const pairs = seen.map((element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(backOf(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return { what: `${element.tagName} ${element.className}`, contrast };
  });
  return { back: getComputedStyle(document.body).backgroundColor, pairs };
}
