// A user's app in CommonJS: `require()` of an ES module works on every Node the package supports.
require('reflect-metadata');
const common = require('@nestjs/common');
const core = require('@nestjs/core');
const microservices = require('@nestjs/microservices');
const broker = require('nestjs-broker');
const scenario = require('./scenario.cjs');

void scenario({ common, core, microservices, broker }).then((result) => {
  console.log(JSON.stringify(result));
});
