// What chartshift reads from answers, against the published types: a field that isn't there doesn't compile.
import type { paths as Cloud, components as CloudTypes } from "../node_modules/@coderabbitai/bitbucket/dist/cloud/openapi/openapi-typescript.js";
import type { components as DataCenter } from "../node_modules/@coderabbitai/bitbucket/dist/server/openapi/openapi-typescript.js";
import * as Azure from "azure-devops-node-api/interfaces/GitInterfaces.js";
import type { ConnectionData } from "azure-devops-node-api/interfaces/LocationsInterfaces.js";

type CloudComments =
  Cloud["/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments"]["get"]["responses"][200]["content"]["application/json"];
type CloudUser = Cloud["/user"]["get"]["responses"][200]["content"]["application/json"];

export function cloud(page: CloudComments, user: CloudUser): unknown[] {
  // The type of a pull request's comment loses its fields in this client's types; it is a comment.
  const comment = page.values![0]! as unknown as CloudTypes["schemas"]["comment"];
  const deleted: boolean | undefined = comment.deleted;
  const id: number | undefined = comment.id;
  const raw: string | undefined = comment.content?.raw;
  const page_of: string | undefined = comment.links?.html?.href;
  const next: string | undefined = page.next;
  const [author, me]: (string | undefined)[] = [(comment.user as unknown as CloudTypes["schemas"]["account"]).uuid, user.uuid];
  return [deleted, id, raw, page_of, next, author, me];
}

type Schemas = DataCenter["schemas"];

export function data_center(activity: Schemas["RestPullRequestActivity"], comment: Schemas["RestComment"]): unknown[] {
  const action: string | undefined = activity.action;
  const [id, version]: (number | undefined)[] = [comment.id, comment.version];
  const text: string | undefined = comment.text;
  const author: string | undefined = comment.author?.name;
  return [action, id, version, text, author];
}

export function azure(thread: Azure.GitPullRequestCommentThread, one: Azure.GitPullRequestIteration, me: ConnectionData): unknown[] {
  const comment = thread.comments![0]!;
  const [id, comment_id, iteration]: (number | undefined)[] = [thread.id, comment.id, one.id];
  const [content, author, user, commit]: (string | undefined)[] =
    [comment.content, comment.author?.id, me.authenticatedUser?.id, one.sourceRefCommit?.commitId];
  const [gone, comment_gone]: (boolean | undefined)[] = [thread.isDeleted, comment.isDeleted];
  const system: Uncapitalize<keyof typeof Azure.CommentType> = "system";
  return [id, comment_id, iteration, content, author, user, commit, gone, comment_gone, system];
}
