-- Where the sent rows of a topic are: a stream of the broker, or this process. Another place has none of them.

CREATE TABLE topic_place (
  topic text PRIMARY KEY,
  place text NOT NULL
);
