using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Local;

namespace Akka.Mqtt.Server;

public sealed partial class MqttServer
{
    private int _publishing;

    /// <summary>Publishes a message without a client. Thread safe; the messages of one caller stay in order.</summary>
    /// <param name="packet">The message; packet identifier, DUP, topic alias and subscription identifiers are ignored.</param>
    /// <param name="cancellationToken">Cancels the wait; the message may still be published.</param>
    /// <returns>
    /// When the message has been handed over to all its sessions, the reason code that a PUBACK would have:
    /// <see cref="ReasonCode.Success"/> or <see cref="ReasonCode.NoMatchingSubscribers"/>. If it was refused: 0x87 for a topic of the
    /// server, 0x90 for a topic above the limits, 0x9A for RETAIN when it is not available, 0x97 when more than
    /// <c>max-unhandled-messages</c> wait to be published.
    /// </returns>
    /// <exception cref="ArgumentException">The topic is not a topic name.</exception>
    /// <exception cref="ObjectDisposedException">The server has stopped.</exception>
    public async Task<ReasonCode> PublishAsync(Publish packet, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return (await PublishAsync([packet], cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>
    /// Publishes messages without a client, in order. This is the fastest way to publish many. See the overload for one message.
    /// </summary>
    /// <param name="packets">The messages.</param>
    /// <param name="cancellationToken">Cancels the wait; the messages may still be published.</param>
    /// <returns>The reason code of each.</returns>
    /// <exception cref="ArgumentException">A topic is not a topic name; nothing is published.</exception>
    /// <exception cref="ObjectDisposedException">The server has stopped.</exception>
    public async Task<MqttList<ReasonCode>> PublishAsync(MqttList<Publish> packets, CancellationToken cancellationToken = default)
    {
        foreach (var packet in packets)
        {
            if (!TopicName.IsValid(packet.Topic))
                throw new ArgumentException($"\"{packet.Topic}\" is not a topic name.", nameof(packets));
        }
        if (packets.IsEmpty)
            return default;
        if (Volatile.Read(ref _publishing) >= Settings.MaxUnhandledMessages)
        {
            var refused = new ReasonCode[packets.Count];
            Array.Fill(refused, ReasonCode.QuotaExceeded);
            return MqttList.Wrap(refused);
        }
        var done = new TaskCompletionSource<MqttList<ReasonCode>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Add(ref _publishing, packets.Count);
        try
        {
            _local.Tell(new LocalActor.PublishAll(packets, done), ActorRefs.NoSender);
            return await WhileRunning(done.Task, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _publishing, -packets.Count);
        }
    }

    /// <summary>
    /// Subscribes an actor of this process. It receives <see cref="Messages"/>, one for the messages that a publisher sent together. It
    /// acknowledges nothing: a message in its mailbox counts as delivered, whatever its QoS. If more than <c>max-unhandled-messages</c>
    /// wait, messages of QoS 0 are dropped, and publishers of QoS 1 and 2 wait up to <c>delivery-timeout</c> and are then refused; see
    /// <see cref="DropReason.SessionBehind"/>. There is no session: the subscription ends with the actor.
    /// </summary>
    /// <param name="subscription">
    /// Filter and options; a string subscribes with QoS 0. With a shared filter the actor is a member of the group.
    /// </param>
    /// <param name="subscriber">The actor that receives the messages.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Completes when every later message reaches the subscriber. Dispose the result to unsubscribe.</returns>
    /// <exception cref="ArgumentException">The filter is not a topic filter.</exception>
    /// <exception cref="ObjectDisposedException">The server has stopped.</exception>
    public async Task<MqttServerSubscription> SubscribeAsync(
        Subscription subscription, IActorRef subscriber, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        ArgumentNullException.ThrowIfNull(subscriber);
        var filter = subscription.Filter;
        if (!TopicFilter.IsValid(filter) || (SharedFilter.IsShared(filter) && !SharedFilter.IsValid(filter)))
            throw new ArgumentException($"\"{filter}\" is not a topic filter.", nameof(subscription));
        var done = new TaskCompletionSource<IActorRef>(TaskCreationOptions.RunContinuationsAsynchronously);
        _local.Tell(new LocalActor.Subscribe(subscription, subscriber, done), ActorRefs.NoSender);
        return new MqttServerSubscription(subscription, await WhileRunning(done.Task, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Connects a client of this process, without a network and without credentials. It has all features of <see cref="MqttClient"/>, such
    /// as manual acknowledgements, streams, requests, and a session that queues messages while the client is offline. Its session is
    /// separate from those of other clients: none of them can take it over by its client identifier. Authorizers are not called for it;
    /// interceptors are, with the listener <c>$in-process</c>. It may do everything except publish to the server's own topics.
    /// </summary>
    /// <param name="clientId">The client identifier; the session is kept under it.</param>
    /// <param name="change">
    /// Changes the settings: how long the session is kept, how many messages may wait for an acknowledgement. By default the session is
    /// kept without limit, within <c>max-session-expiry</c>. Server, client identifier, keep-alive and credentials cannot be changed.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The connected client. It stops with the server.</returns>
    /// <exception cref="MqttClientException">The server did not accept the client, for example because no memory is left.</exception>
    /// <exception cref="ObjectDisposedException">The server has stopped.</exception>
    public async Task<MqttClient> ConnectClientAsync(
        string clientId, Func<MqttClientSettings, MqttClientSettings>? change = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(clientId);
        var asked = _root.Ask<OwnClientsActor.Address>(OwnClientsActor.GetAddress.Instance, Timeout.InfiniteTimeSpan, cancellationToken);
        var address = (await WhileRunning(asked, cancellationToken).ConfigureAwait(false)).EndPoint;
        var defaults = OwnClients.Settings(clientId, address, Context);
        var settings = change is null ? defaults : change(defaults) with
        {
            Servers = defaults.Servers, ClientId = clientId, KeepAlive = defaults.KeepAlive, Version = defaults.Version, UserName = null, Password = null,
        };
        var client = await MqttClient.ConnectAsync(settings, _system, cancellationToken).ConfigureAwait(false);
        OwnClients.StopWith(client, Context.Stopped.Token);
        return client;
    }

    /// <summary>Fails when the server stops, because an actor that has stopped never answers.</summary>
    private async Task<T> WhileRunning<T>(Task<T> task, CancellationToken cancellationToken)
    {
        using var either = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(Context.Stopped.Token, cancellationToken)
            : null;
        try
        {
            return await task.WaitAsync(either?.Token ?? Context.Stopped.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(MqttServer), "The server has stopped.");
        }
    }
}
