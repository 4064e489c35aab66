-- The rows of one submission as statements of one transaction; values come from a real submission (pgbench -D).
\set n :n + 1
BEGIN;
INSERT INTO idempotency_keys (subject, key, fingerprint, status, body) VALUES (:applicant::text, gen_random_uuid()::text, :fingerprint::bytea, 201, :answer::jsonb);
INSERT INTO applications (id, reference, state, public_service, card_version, applicant_id, language, channel, territory, centre, agency, form_sealed, submitted_at, sequence) VALUES (uuidv7(), :round::text || :client_id::text || '-' || lpad(:n::text, 12, '0'), 'submitted', :public_service::text, :card_version::int, :applicant::text::uuid, :language::text, :channel::text, :territory::text, :centre::text, :agency::text, :form_sealed::bytea, now(), 1) RETURNING id \gset
INSERT INTO timeline (application_id, sequence, at, event, actor_id, actor_role, facts) VALUES (:id::uuid, 1, now(), 'submitted', :applicant::text, 'citizen', :facts::jsonb);
INSERT INTO application_files (application_id, document, name, sha256, media_type, size) VALUES (:id::uuid, :document::text, :name::text, :sha256::text, 'application/pdf', :size::bigint);
INSERT INTO outbox (event_id, topic, type, subject, occurred_at, data) VALUES (uuidv7(), :topic::text, :type::text, :id::text, now(), :data::text);
COMMIT;
