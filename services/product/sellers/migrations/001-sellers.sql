-- A data key encrypts documents and bank accounts. It is stored encrypted by a main key, which never enters the database.
CREATE TABLE data_key (
  key_id text PRIMARY KEY,
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY, -- the highest is in use
  main_key_id text NOT NULL,
  wrapped text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE seller (
  seller_id text PRIMARY KEY,
  owner_id text NOT NULL, -- the customer who has applied
  status text NOT NULL CHECK (status IN ('applied', 'submitted', 'in_review', 'approved', 'rejected', 'suspended')),
  status_at timestamptz NOT NULL DEFAULT now(),
  reason text, -- why the seller was rejected or suspended
  check_id text, -- the work that checks the latest application: the answer to an earlier one counts no more
  name text NOT NULL,
  email text NOT NULL,
  country text NOT NULL,
  legal_name text,
  tax_id text,
  address json,
  iban text, -- encrypted: `<key id>.<nonce>.<tag>.<ciphertext>`
  iban_key_id text REFERENCES data_key,
  iban_end text,
  rated int NOT NULL DEFAULT 0,
  positive int NOT NULL DEFAULT 0 CHECK (positive BETWEEN 0 AND rated),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX seller_owner ON seller (owner_id);
CREATE INDEX seller_created ON seller (created_at, seller_id);
CREATE INDEX seller_status ON seller (status, created_at, seller_id);
CREATE INDEX seller_key ON seller (iban_key_id) WHERE iban_key_id IS NOT NULL;

-- Customers who act for a seller beside the owner.
CREATE TABLE seller_member (
  seller_id text NOT NULL REFERENCES seller,
  customer_id text NOT NULL,
  PRIMARY KEY (seller_id, customer_id)
);
CREATE INDEX seller_member_customer ON seller_member (customer_id);

CREATE TABLE seller_document (
  document_id text PRIMARY KEY,
  seller_id text NOT NULL REFERENCES seller,
  type text NOT NULL,
  media_type text NOT NULL,
  bytes int NOT NULL DEFAULT 0,
  is_complete boolean NOT NULL DEFAULT false, -- until then parts arrive
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX seller_document_seller ON seller_document (seller_id, created_at);
CREATE INDEX seller_document_incomplete ON seller_document (created_at) WHERE NOT is_complete;

CREATE TABLE document_part (
  document_id text NOT NULL REFERENCES seller_document ON DELETE CASCADE,
  number int NOT NULL,
  content text NOT NULL, -- encrypted, as an IBAN is
  key_id text NOT NULL REFERENCES data_key,
  PRIMARY KEY (document_id, number)
);
CREATE INDEX document_part_key ON document_part (key_id);

-- Who has read a document. It stays when the document is deleted.
CREATE TABLE document_reading (
  reading_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  document_id text NOT NULL,
  seller_id text NOT NULL,
  read_by text NOT NULL,
  read_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX document_reading_document ON document_reading (document_id, reading_id);

CREATE TABLE kyc_work (
  work_id text PRIMARY KEY,
  payload json NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL, -- while a worker has the item: the end of its lease
  last_error text,
  parked_at timestamptz,
  correlation_id text NOT NULL,
  causation_id text NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX kyc_work_due ON kyc_work (due_at) WHERE parked_at IS NULL;
CREATE INDEX kyc_work_parked ON kyc_work (parked_at) WHERE parked_at IS NOT NULL;
