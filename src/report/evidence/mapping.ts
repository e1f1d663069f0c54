/** What an artefact shows towards a clause, and what nobody should read into it. */
export interface Mapping {
  readonly clause: string;
  readonly about: string;
  readonly shows: string;
  readonly doesNotShow: string;
}

/** IEC 62443-3-2:2020 (ZCR), IEC 62443-3-3:2013 (SR) and IEC 62443-2-1:2024 (SPE), against the files of a bundle. */
export const mappings: readonly Mapping[] = [
  {
    clause: "62443-3-2 ZCR 1",
    about: "Identify the system under consideration",
    shows: "site.yaml: networks, assets and firewalls that were considered",
    doesNotShow: "assets that nobody wrote down and that never spoke in a capture",
  },
  {
    clause: "62443-3-2 ZCR 2",
    about: "Initial cyber security risk assessment",
    shows: "site.yaml: the consequence that was written for a zone",
    doesNotShow: "the assessment itself",
  },
  {
    clause: "62443-3-2 ZCR 3",
    about: "Partition into zones and conduits",
    shows: "site.yaml and review.html: zones, levels, conduits, and every flow permitted between two zones",
    doesNotShow: "that traffic inside a zone, or around the firewalls, follows it",
  },
  {
    clause: "62443-3-2 ZCR 4",
    about: "Compare the initial risk with the tolerable risk",
    shows: "nothing",
    doesNotShow: "this comparison: it is made outside of Sluice",
  },
  {
    clause: "62443-3-2 ZCR 5",
    about: "Detailed cyber security risk assessment",
    shows: "site.yaml: the target security level of each zone",
    doesNotShow: "threats, likelihoods and residual risk",
  },
  {
    clause: "62443-3-2 ZCR 6",
    about: "Document requirements, assumptions and constraints",
    shows:
      "site.yaml and the plan: reasons, owners, evidence, exceptions with their controls; what lies outside the proof",
    doesNotShow: "requirements that a firewall between zones cannot meet",
  },
  {
    clause: "62443-3-2 ZCR 7",
    about: "Asset owner approval",
    shows: "the approvals: who signed which plan, verifiable with ssh-keygen",
    doesNotShow: "that the person who signed had the authority of the asset owner",
  },
  {
    clause: "62443-3-3 SR 1.1",
    about: "Human user identification and authentication",
    shows: "the journal: each entry names a person; each signature belongs to a key of theirs",
    doesNotShow: "how a key is kept, and that only its owner uses it",
  },
  {
    clause: "62443-3-3 SR 1.3",
    about: "Account management",
    shows: "site.yaml: people, roles, keys, and the day of the last review",
    doesNotShow: "accounts on the firewalls themselves",
  },
  {
    clause: "62443-3-3 SR 2.1",
    about: "Authorization enforcement",
    shows: "the plan and its approvals: the rule, who may approve, that the author did not",
    doesNotShow: "what an administrator of the firewall does past Sluice, other than as drift",
  },
  {
    clause: "62443-3-3 SR 2.8",
    about: "Auditable events",
    shows: "journal.jsonl: every change, its trial, its end and its causes",
    doesNotShow: "events of the firewall's own operating system",
  },
  {
    clause: "62443-3-3 SR 2.9",
    about: "Audit storage capacity",
    shows: "nothing beyond the size of journal.jsonl",
    doesNotShow: "that the disk that holds it has room",
  },
  {
    clause: "62443-3-3 SR 2.10",
    about: "Response to audit processing failures",
    shows:
      "an entry is on disk before the step that it announces; a trial that cannot be written down ends; nothing is planned upon a broken journal, and a line that a crash has torn is in the journal as such",
    doesNotShow: "alarms to anybody but the person who runs the command",
  },
  {
    clause: "62443-3-3 SR 2.11",
    about: "Timestamps",
    shows: "the journal: UTC times of the clock of the machine that wrote them, in the order of the chain",
    doesNotShow: "that this clock was right",
  },
  {
    clause: "62443-3-3 SR 2.12",
    about: "Non-repudiation",
    shows: "the signatures over plans and over ends of the journal",
    doesNotShow: "who held the key at that time",
  },
  {
    clause: "62443-3-3 SR 3.3",
    about: "Security functionality verification",
    shows:
      "the certificate in the plan: claims proved for all packets; the drill of the dead man in the journal",
    doesNotShow: "that the kernel does what its rules say (it is tested, not proved)",
  },
  {
    clause: "62443-3-3 SR 3.9",
    about: "Protection of audit information",
    shows: "the chain of hashes, its signed ends, and the end left on the firewall and in its log",
    doesNotShow: "who may delete the files: they are found to be missing, not kept from it",
  },
  {
    clause: "62443-3-3 SR 5.1",
    about: "Network segmentation",
    shows: "the stage of each conduit, by firewall, in the journal and the plans",
    doesNotShow: "physical separation, VLANs and paths around the firewalls",
  },
  {
    clause: "62443-3-3 SR 5.2",
    about: "Zone boundary protection",
    shows: "the rules before and after, and the proof that they admit exactly the permits",
    doesNotShow: "what a permitted protocol carries",
  },
  {
    clause: "62443-3-3 SR 6.1",
    about: "Audit log accessibility",
    shows: "plain files, readable without Sluice",
    doesNotShow: "who has read them",
  },
  {
    clause: "62443-3-3 SR 6.2",
    about: "Continuous monitoring",
    shows: "the criteria of the plan, and in the journal what they found during the trial",
    doesNotShow: "monitoring outside of trials",
  },
  {
    clause: "62443-3-3 SR 7.3",
    about: "Control system backup",
    shows: "the rules as they were before, with their hash",
    doesNotShow: "backups of anything but the firewall's rules",
  },
  {
    clause: "62443-3-3 SR 7.4",
    about: "Control system recovery and reconstitution",
    shows: "in the journal: drills, reverts and rollbacks, each with what was read back from the firewall",
    doesNotShow: "recovery of other systems",
  },
  {
    clause: "62443-3-3 SR 7.6",
    about: "Network and security configuration settings",
    shows: "the approved rules and the hash of what ran after the change",
    doesNotShow: "settings of the firewall outside of Sluice's part",
  },
  {
    clause: "62443-2-1 SPE 2",
    about: "Configuration management: change control",
    shows: "plan, approvals, journal and known-goods of each change",
    doesNotShow: "changes that were made without Sluice, other than as drift",
  },
  {
    clause: "62443-2-1 SPE 3",
    about: "Network and communications security: segmentation",
    shows: "the zones and conduits, and what is enforced",
    doesNotShow: "networks that are not in site.yaml",
  },
  {
    clause: "62443-2-1 SPE 6",
    about: "User access control",
    shows: "who may plan, approve and apply, and who did",
    doesNotShow: "access to assets",
  },
  {
    clause: "62443-2-1 SPE 7",
    about: "Event and incident management",
    shows: "the journal, with reverts and rollbacks and their causes",
    doesNotShow: "the handling of incidents by people",
  },
  {
    clause: "62443-2-1 SPE 8",
    about: "System integrity and availability",
    shows: "trials that end by themselves, drills, and proven returns",
    doesNotShow: "the availability of the process itself",
  },
];
