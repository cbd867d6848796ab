// One task, one event and one request through an app context, configured by the environment alone.
// Decorators are applied by hand, so that this runs without a compiler.
const WITHIN = 10_000;

const decorate = (target, method, decorator) =>
  decorator(target, method, Object.getOwnPropertyDescriptor(target, method));

/** A promise that somebody else keeps, in time or not at all. */
const expectation = (what) => {
  let meet;
  const met = new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${what}: nothing came`)), WITHIN);
    meet = (value) => {
      clearTimeout(late);
      resolve(value);
    };
  });
  return { met, meet };
};

module.exports = async ({ common, core, microservices, broker }) => {
  const task = expectation('task');
  const event = expectation('event');

  class OrdersController {
    create(order) {
      task.meet(order);
    }
    changed(change) {
      event.meet(change);
    }
    get(query) {
      return { ...query, total: 12.5 };
    }
  }
  const handlers = OrdersController.prototype;
  decorate(handlers, 'create', broker.OnTask('create'));
  decorate(handlers, 'changed', broker.OnEvent('changed'));
  decorate(handlers, 'get', broker.OnRequest('get'));
  for (const name of ['create', 'changed', 'get']) {
    microservices.Payload()(handlers, name, 0);
  }
  broker.BrokerGroup('orders')(OrdersController);
  common.Controller()(OrdersController);

  class Sender {
    constructor(client) {
      this.client = client;
    }
  }
  broker.InjectBroker()(Sender, undefined, 0);
  common.Injectable()(Sender);

  class AppModule {}
  common.Module({
    imports: [broker.BrokerModule.forRoot()],
    controllers: [OrdersController],
    providers: [Sender],
  })(AppModule);

  const app = await core.NestFactory.createApplicationContext(AppModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    const { client } = app.get(Sender);
    await client.enqueue('orders.create', { id: 1 });
    await client.publish('orders.changed', { id: 2 });
    const reply = await client.request('orders.get', { id: 3 }, { timeout: '5s' });
    return { task: await task.met, event: await event.met, reply };
  } finally {
    await app.close();
  }
};
