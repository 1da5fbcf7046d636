using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// The rights of one client, and the interceptors for its packets. A client of a server with neither an authorizer nor interceptors has no
/// such object. Immutable.
/// </summary>
internal sealed class ClientRights
{
    private readonly IAuthorizer? _authorizer;
    private readonly MqttServerHooks _hooks;
    private readonly HookWatch _watch;
    private readonly ILoggingAdapter _log;

    private ClientRights(ClientIdentity client, IAuthorizer? authorizer, MqttServerHooks hooks, HookWatch watch, ILoggingAdapter log)
    {
        _watch = watch;
        Client = client;
        _authorizer = authorizer;
        _hooks = hooks;
        _log = log;
    }

    public ClientIdentity Client { get; }

    public bool InterceptsPublish => _hooks.PublishInterceptor is not null;

    /// <summary>Whether each delivery must be checked.</summary>
    public bool GuardsDelivery => _authorizer is not null || _hooks.DeliveryInterceptor is not null;

    /// <summary>The rights of a client; null when nothing is forbidden or intercepted.</summary>
    public static ClientRights? For(ClientIdentity client, SecurityRules rules, MqttServerHooks hooks, HookWatch watch, ILoggingAdapter log) =>
        AreNeeded(rules, hooks) ? new ClientRights(client, rules.Authorizer, hooks, watch, log) : null;

    /// <summary>Whether anything is forbidden or intercepted.</summary>
    public static bool AreNeeded(SecurityRules rules, MqttServerHooks hooks) =>
        rules.Authorizer is not null || hooks is not { SubscribeInterceptor: null, PublishInterceptor: null, DeliveryInterceptor: null };

    public bool MayPublish(string topic) => Ask(static (authorizer, client, topic) => authorizer.MayPublish(client, topic), "publish to", topic);

    public bool MayReceive(string topic) => Ask(static (authorizer, client, topic) => authorizer.MayReceive(client, topic), null, topic);

    public bool MaySubscribe(string filter) => Ask(
        static (authorizer, client, filter) => authorizer.MaySubscribe(client, filter), "subscribe to", FilterSets.Unshared(filter));

    /// <summary>Calls the interceptor for a message.</summary>
    /// <returns>Success with the message to use, or the reason code of the refusal.</returns>
    public ReasonCode Intercept(ref Publish packet)
    {
        var decision = Run(_hooks.PublishInterceptor!, static (interceptor, client, packet) => interceptor.Intercept(client, packet), packet);
        if (decision.Value is not { } changed)
            return Refusal.In(MqttPacketType.PubAck, decision.Reason);
        if (!ReferenceEquals(changed, packet) && !TopicName.IsValid(changed.Topic))
        {
            _log.Error("An interceptor changed the topic of a message of {Client} to {Topic}, which is not a topic name.", Client, changed.Topic);
            return ReasonCode.UnspecifiedError;
        }
        packet = changed;
        return ReasonCode.Success;
    }

    /// <summary>Calls the interceptor for a subscription. The filter cannot be changed.</summary>
    public ReasonCode Intercept(ref Subscription subscription)
    {
        if (_hooks.SubscribeInterceptor is not { } interceptor)
            return ReasonCode.Success;
        var decision = Run(interceptor, static (interceptor, client, value) => interceptor.Intercept(client, value), subscription);
        if (decision.Value is not { } changed)
            return Refusal.In(MqttPacketType.SubAck, decision.Reason);
        subscription = changed with { Filter = subscription.Filter };
        return ReasonCode.Success;
    }

    /// <summary>Calls the interceptor for a delivery.</summary>
    /// <returns>The message to send, or null to drop it.</returns>
    public Publish? Deliver(Publish packet)
    {
        if (_hooks.DeliveryInterceptor is not { } interceptor)
            return packet;
        var changed = Run(interceptor, static (interceptor, client, packet) => interceptor.Intercept(client, packet), packet).Value;
        if (changed is null || ReferenceEquals(changed, packet))
            return changed;
        return TopicName.IsValid(changed.Topic) ? changed with { QoS = packet.QoS, Retain = packet.Retain, PacketId = 0, Dup = false } : null;
    }

    private bool Ask(Func<IAuthorizer, ClientIdentity, string, bool> question, string? doing, string topic)
    {
        if (_authorizer is null)
            return true;
        var began = _watch.Begin();
        try
        {
            if (question(_authorizer, Client, topic))
                return true;
            if (doing is not null)
                _log.Debug("{Client} at listener {Listener} may not {Action} {Topic}.", Client, Client.Listener, doing, topic);
            return false;
        }
        catch (Exception error) // user code: an exception denies access
        {
            _log.Error(error, "The authorizer failed on {Topic} of {Client}.", topic, Client);
            return false;
        }
        finally
        {
            _watch.End(began, _authorizer, _log);
        }
    }

    private Interception<T> Run<THook, T>(THook hook, Func<THook, ClientIdentity, T, Interception<T>> intercept, T value)
        where THook : class
        where T : class
    {
        var began = _watch.Begin();
        try
        {
            return intercept(hook, Client, value);
        }
        catch (Exception error) // user code: an exception refuses the packet
        {
            _log.Error(error, "An interceptor failed on a message or subscription of {Client}.", Client);
            return Interception<T>.Refuse(ReasonCode.UnspecifiedError);
        }
        finally
        {
            _watch.End(began, hook, _log);
        }
    }
}
