import { describe, expect, it } from 'vitest';
import {
  FRAME,
  decodeErrorBody,
  decodeFrames,
  encodeForeignError,
  encodeForeignReply,
  encodeFrame,
} from '../../../lib/codec/index.js';
import { CodecError } from '../../../lib/errors/index.js';
import vectors from '../../data/go-broker.json' with { type: 'json' };

describe('a reply of Go-Broker', () => {
  it.each(vectors.replies)('$what is written to the byte', (reply) => {
    const { correlation, body, error } = reply;
    const made =
      error === undefined
        ? encodeForeignReply(correlation, body)
        : encodeForeignError(correlation, error);
    expect(made.toString()).toBe(reply.bytes);
  });

  it.each(vectors.replies)('$what is read as a frame', (reply) => {
    const { correlation, body, error } = reply;
    const frames = decodeFrames(Buffer.from(reply.bytes));
    expect(frames).toHaveLength(1);
    const [frame] = frames;
    expect(frame).toMatchObject({ unique: correlation, sequence: 0 });
    if (error === undefined) {
      expect(frame?.kind).toBe(body === '' ? FRAME.end : FRAME.last);
      expect(frame?.body.toString()).toBe(body);
    } else {
      expect(frame?.kind).toBe(FRAME.error);
      expect(decodeErrorBody(frame!.body)).toEqual({ name: 'Error', message: error });
    }
  });

  it('has the other order or lacks what is empty, in other releases', () => {
    const [frame] = decodeFrames(Buffer.from('{"body":"Nw==","correlation_id":"c"}'));
    expect(frame).toEqual({ unique: 'c', sequence: 0, kind: FRAME.last, body: Buffer.from('7') });
  });

  it('carries any bytes', () => {
    const body = Buffer.from([0, 255, 123, 10]);
    expect(decodeFrames(encodeForeignReply('c', body))[0]?.body).toEqual(body);
    expect(encodeForeignReply('c').toString()).toBe(
      '{"correlation_id":"c","body":null,"error":""}',
    );
  });

  it('is an error even where the error says nothing', () => {
    expect(encodeForeignError('c', '').toString()).toBe(
      '{"correlation_id":"c","body":null,"error":"Error"}',
    );
  });

  it.each(['{', '{"body":null}', '{"correlation_id":7}'])('%s is damaged', (text) => {
    expect(() => decodeFrames(Buffer.from(text))).toThrow(CodecError);
  });

  it('is never taken for a frame of ours', () => {
    const frame = encodeFrame('{', 0, FRAME.last, '{"correlation_id":"c"}');
    expect(decodeFrames(frame)).toMatchObject([{ unique: '{', kind: FRAME.last }]);
  });
});
