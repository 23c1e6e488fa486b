// Does what chartshift does on a merge request, with another client of GitLab's API (npm: @gitbeaker/rest).
// usage: node gitlab_client.mjs PACKAGES HOST TOKEN HEAD BASE
import { createRequire } from "node:module";

const [packages, host, token, head, base] = process.argv.slice(2);
const { Gitlab } = createRequire(`${packages}/`)("@gitbeaker/rest");
const api = new Gitlab({ host, token });
const project = "acme/platform";

await api.Users.showCurrentUser();
const note = await api.MergeRequestNotes.create(project, 7, "### Text\n");
await api.MergeRequestNotes.all(project, 7, { sort: "asc", orderBy: "created_at", perPage: 100, page: 1 });
await api.MergeRequestNotes.edit(project, 7, note.id, { body: "### Other\n" });
const status = { name: "chartshift/thanos", description: "1 change blocks", targetUrl: "https://ci.example/run/1" };
await api.Commits.editStatus(project, head, "failed", status);
await api.MergeRequests.show(project, 7);
const position = { positionType: "text", baseSha: base, startSha: base, headSha: head };
const line = { oldPath: "apps/values.yaml", newPath: "apps/values.yaml", newLine: "9" };
await api.MergeRequestDiscussions.create(project, 7, "```suggestion\na: b\n```", { position: { ...position, ...line } });
