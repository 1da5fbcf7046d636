namespace Akka.Mqtt.Server;

/// <summary>
/// Decides what a client may do. On the path of every message, so it must answer at once; answers are kept per connection, for a bounded
/// number of topics, until <see cref="MqttServer.ReloadSecurityAsync"/>. Called by many threads. An exception counts as "no".
/// </summary>
public interface IAuthorizer
{
    /// <summary>Whether a client may publish to a topic; also asked for its will.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic.</param>
    /// <returns>Whether it may.</returns>
    bool MayPublish(ClientIdentity client, string topic);

    /// <summary>Whether a client may subscribe to a filter. What it then receives is <see cref="MayReceive"/>'s.</summary>
    /// <param name="client">The client.</param>
    /// <param name="filter">The filter; that of a shared subscription without <c>$share/name/</c>.</param>
    /// <returns>Whether it may.</returns>
    bool MaySubscribe(ClientIdentity client, string filter);

    /// <summary>Whether a client may receive messages of a topic, by whatever subscription.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic.</param>
    /// <returns>Whether it may.</returns>
    bool MayReceive(ClientIdentity client, string topic);
}
