import { type Script, loadScript } from './load-script.js';

/** Every script, loaded once. */
export const SCRIPTS = {
  add: loadScript('add'),
  settle: loadScript('settle'),
  join: loadScript('join'),
  beat: loadScript('beat'),
  evict: loadScript('evict'),
  promote: loadScript('promote'),
  reclaim: loadScript('reclaim'),
  cancelParked: loadScript('cancel-parked'),
  cancelEntry: loadScript('cancel-entry'),
  takeBack: loadScript('take-back'),
  locate: loadScript('locate'),
  replay: loadScript('replay'),
  catchUp: loadScript('catch-up'),
  tend: loadScript('tend'),
  setWeight: loadScript('set-weight'),
  pause: loadScript('pause'),
  pauseMember: loadScript('pause-member'),
  routes: loadScript('routes'),
  turns: loadScript('turns'),
  takeOver: loadScript('take-over'),
  publish: loadScript('publish'),
  inspect: loadScript('inspect'),
  backlog: loadScript('backlog'),
  permissions: loadScript('permissions'),
  browse: loadScript('browse'),
  browseParked: loadScript('browse-parked'),
};

export type Scripts = Record<keyof typeof SCRIPTS, Script>;
