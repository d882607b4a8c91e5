import { useState } from 'react';
import { Field, Tick } from '../../kit/index.ts';
import { isUsual, type NetworkDraft, usualNetwork } from './network-draft.ts';

/** Proxy and certificates. Its state lives in the form: a password of a proxy is never kept in a draft. */
export const NetworkFields = ({
  value,
  onChange,
}: {
  readonly value: NetworkDraft;
  readonly onChange: (value: NetworkDraft) => void;
}) => {
  const [open, setOpen] = useState(!isUsual(value));
  return (
    <>
      <Tick
        on={open}
        onChange={(on) => {
          setOpen(on);
          if (!on) onChange(usualNetwork);
        }}
        label="This network needs a proxy or certificates of its own"
        testId="connection-network"
      />
      {open ? (
        <div className="network-fields">
          <Field
            label="Proxy"
            mono
            value={value.proxy}
            onChange={(proxy) => onChange({ ...value, proxy })}
            placeholder="http://proxy.example:8080"
            hint="Empty: HTTPS_PROXY and NO_PROXY as this system has them. “none”: straight to the workspace. User and password may stand before the host; they are kept with the sign-in, also when you save again without them."
            testId="connection-proxy"
          />
          <Field
            label="CA file"
            mono
            value={value.caFile}
            onChange={(caFile) => onChange({ ...value, caFile })}
            placeholder="/etc/ssl/company-ca.pem"
            testId="connection-ca"
          />
          <Tick
            on={value.systemCa}
            onChange={(systemCa) => onChange({ ...value, systemCa })}
            label="Trust the certificates of this system too, where a company inspects TLS"
            testId="connection-system-ca"
          />
        </div>
      ) : null}
    </>
  );
};
