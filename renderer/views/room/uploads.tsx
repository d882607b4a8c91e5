import { X } from 'lucide-react';
import { ErrorCard, fileSize, IconButton } from '../../kit/index.ts';
import { store, useModel } from '../../model/index.ts';

/** Files on their way to this disk, and those that were refused, with the reason. */
export const Uploads = ({ log }: { readonly log: string }) => {
  const uploads = useModel((model) => model.uploads);
  const { uploadGone } = store.getState();
  const own = uploads.filter((upload) => upload.log === log);
  if (own.length === 0) return null;
  return (
    <ul className="uploads" aria-label="Files on their way">
      {own.map((upload) => (
        <li key={upload.id} className="upload" data-testid="upload" data-failed={String(upload.failure !== null)}>
          {upload.failure === null ? (
            <>
              <span className="cut">{upload.name}</span>
              <span className="cap">
                {fileSize(upload.sent)} of {fileSize(upload.size)}
              </span>
              <progress max={Math.max(1, upload.size)} value={upload.sent} aria-label={`Sending ${upload.name}`} />
            </>
          ) : (
            <>
              <ErrorCard failure={upload.failure} />
              <IconButton label={`Close the message about ${upload.name}`} onPress={() => uploadGone(upload.id)}>
                <X size={15} strokeWidth={1.75} />
              </IconButton>
            </>
          )}
        </li>
      ))}
    </ul>
  );
};
