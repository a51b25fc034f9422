import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged } from './fixtures.ts';

const unknownBrokers = {
  Environment: { Variables: { BROKERS: { 'Fn::ImportValue': 'Elsewhere' }, STAGE: 'prod' } },
};

describe('environment overlay', () => {
  it('goes over what the template says, and with it what cannot be resolved', () => {
    const { model, findings } = judged(
      { Consumer: functionResource(unknownBrokers) },
      { environment: { Consumer: { BROKERS: '127.0.0.1:9092', KAFKA_AUTH: 'none' } } },
    );
    expect(findings).toEqual([]);
    expect(model.functions[0]?.environment).toEqual({
      BROKERS: '127.0.0.1:9092',
      STAGE: 'prod',
      KAFKA_AUTH: 'none',
    });
  });

  it('is found by construct path', () => {
    const resource = { ...functionResource(), Metadata: { 'aws:cdk:path': 'App/Email/Resource' } };
    const { model } = judged({ Consumer: resource }, { environment: { 'App/Email': { A: 'b' } } });
    expect(model.functions[0]?.environment).toEqual({ A: 'b' });
  });

  it('is a finding where it names no function, with the names there are', () => {
    const { findings } = judged({ Consumer: functionResource() }, { environment: { Konsumer: { A: 'b' } } });
    expect(accepts(findings)).toEqual(['Konsumer.Environment']);
    expect(findings[0]?.message).toMatch(/orderly\.json.* there are: Consumer/);
  });
});
