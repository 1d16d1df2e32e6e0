-- The user whose session it is; null when it is anybody's: its client was anonymous, or it is from before this was known.
alter table sessions add column owner text collate "C";
