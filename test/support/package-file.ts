/** Where test/support/pack.mjs puts the packed package, from the root of the project. */
export const TARBALL = 'node_modules/.cache/nestjs-broker/package.tgz';
