namespace Akka.Mqtt.Server;

/// <summary>
/// Decides what a client may do. It is called while messages are handled, so it must answer at once. Answers are cached per connection,
/// for a bounded number of topics, until <see cref="MqttServer.ReloadSecurityAsync"/>. Called on many threads. An exception denies access.
/// </summary>
public interface IAuthorizer
{
    /// <summary>Whether a client may publish to a topic. Also called for the topic of its will.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic.</param>
    /// <returns>Whether it may.</returns>
    bool MayPublish(ClientIdentity client, string topic);

    /// <summary>
    /// Whether a client may subscribe to a filter. <see cref="MayReceive"/> then decides for each topic which messages it receives.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="filter">The filter; of a shared subscription without <c>$share/name/</c>.</param>
    /// <returns>Whether it may.</returns>
    bool MaySubscribe(ClientIdentity client, string filter);

    /// <summary>Whether a client may receive messages of a topic, regardless of the subscription.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic.</param>
    /// <returns>Whether it may.</returns>
    bool MayReceive(ClientIdentity client, string topic);
}
