using Akka.Mqtt.Server;

namespace CustomAuth;

#region doc:authorizer
/// <summary>Each tenant has its own tree of topics, and everybody may read the news.</summary>
public sealed class TenantAuthorizer : IAuthorizer
{
    public bool MayPublish(ClientIdentity client, string topic) => IsOwn(client, topic);

    public bool MaySubscribe(ClientIdentity client, string filter) => IsOwn(client, filter) || IsNews(filter);

    public bool MayReceive(ClientIdentity client, string topic) => IsOwn(client, topic) || IsNews(topic);

    private static bool IsOwn(ClientIdentity client, string topic) =>
        topic.StartsWith($"tenants/{client.UserName}/", StringComparison.Ordinal);

    private static bool IsNews(string topic) => topic.StartsWith("news/", StringComparison.Ordinal);
}
#endregion
