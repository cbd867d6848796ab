import type { ModuleRef, ModulesContainer } from '@nestjs/core';

/** All modules of an app. Injected, the container may come behind a Proxy, which a Map does not bear. */
export const modulesOf = (moduleRef: ModuleRef): ModulesContainer =>
  moduleRef['container'].getModules();
