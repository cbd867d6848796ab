// A user's app in ES modules; the same as fixture-app.cjs but for the way it loads the packages.
import 'reflect-metadata';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import * as microservices from '@nestjs/microservices';
import * as broker from 'nestjs-broker';
import scenario from './scenario.cjs';

console.log(JSON.stringify(await scenario({ common, core, microservices, broker })));
