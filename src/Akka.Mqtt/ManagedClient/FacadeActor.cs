using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The handler of a client whose user has tasks instead of an actor: passes outcomes and messages on. The client actor is its child.</summary>
internal sealed class FacadeActor : UntypedActor
{
    private readonly Facade _facade;
    private readonly List<Subscriber> _subscribers = [];
    private readonly List<(Publish Message, MqttClient.Acknowledge Acknowledge)> _unclaimed = []; // bounded by the Receive Maximum
    private readonly HashSet<string> _left = new(StringComparer.Ordinal); // filters that are being unsubscribed
    private IActorRef _client = ActorRefs.Nobody;

    public FacadeActor(Facade facade) => _facade = facade;

    protected override void PreStart()
    {
        _client = Context.ActorOf(MqttClient.Props(_facade.Settings, Self), "client");
        _facade.Started(_client);
    }

    protected override void PostStop()
    {
        _facade.ConnectFailed(new MqttClient.Cause(MqttClientCause.Stopped, "The client has stopped."));
        foreach (var subscriber in _subscribers)
            subscriber.End(null);
        _facade.Stopped();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttClient.Received received:
                Receive(received);
                break;
            case MqttClient.Outcome { Correlation: Call call } outcome:
                call.Complete(outcome);
                break;
            case MqttClient.Outcome { Correlation: string filter }: // of an UNSUBSCRIBE
                _left.Remove(filter);
                break;
            case MqttClient.Publish { Correlation: LaneWork }: // a dead letter
                _client.Forward(message);
                break;
            case MqttClient.Command or MqttClient.Acknowledge or MqttClient.Disconnect or MqttClient.CancelRequest:
                _client.Tell(message, Self);
                break;
            case Facade.Add add:
                _subscribers.Add(add.Subscriber);
                Claim(add.Subscriber);
                break;
            case Facade.AddLanes add:
                add.Subscriber.Lanes = Context.ActorOf(ClientDispatcher.Use(add.Lanes, Self));
                _subscribers.Add(add.Subscriber);
                Claim(add.Subscriber);
                break;
            case Delivery delivery: // lanes have handled it
                delivery.Acknowledge(_facade);
                break;
            case LanesActor.Returned returned:
                if (returned.Delivery.TryReturn(out var acknowledge))
                    Return(returned.Delivery.Packet, acknowledge);
                break;
            case MqttLanes.Dropped dropped:
                for (var count = dropped.Count; count > 0; count--)
                    _facade.Drop();
                break;
            case MqttClient.LateAnswers late:
                for (var count = late.Count; count > 0; count--)
                    _facade.Drop();
                break;
            case Facade.Remove remove:
                Remove(remove.Subscriber, remove.IsKept);
                break;
            case MqttClient.Connected:
                _facade.Connected();
                break;
            case MqttClient.Disconnected disconnected:
                _facade.ConnectFailed(disconnected.Cause);
                break;
            case MqttClient.Undelivered:
                _facade.CountUndelivered();
                break;
            case MqttClient.GaveUp gaveUp:
                _facade.ConnectFailed(gaveUp.Cause);
                foreach (var subscriber in _subscribers)
                    subscriber.End(new MqttClientException($"The client gave up: {gaveUp.Cause.Message}", null, gaveUp.Cause));
                break;
            case MqttClient.ResubscribeFailed failed:
                foreach (var subscriber in _subscribers)
                {
                    if (subscriber.Filter == failed.Filter)
                        subscriber.End(new MqttClientException($"After a reconnect the server refused the subscription {failed.Filter}: {failed.ReasonCode}."));
                }
                break;
            case MqttClient.Stopped:
                Context.Stop(Self);
                break;
        }
    }

    private void Receive(MqttClient.Received received)
    {
        for (var at = 0; at < received.Messages.Count; at++)
        {
            var message = received.Messages[at];
            Deliver(message, message.QoS == QualityOfService.AtMostOnce ? null : received.Acknowledge(at));
        }
    }

    private void Deliver(Publish message, MqttClient.Acknowledge? acknowledge)
    {
        var matching = 0;
        foreach (var subscriber in _subscribers)
            matching += subscriber.Matches(message.Topic) ? 1 : 0;
        if (matching == 0)
        {
            Keep(message, acknowledge);
            return;
        }
        var delivery = new Delivery(message, acknowledge, matching);
        foreach (var subscriber in _subscribers)
        {
            if (!subscriber.Matches(message.Topic))
                continue;
            if (acknowledge is null && subscriber.IsFull)
                _facade.Drop();
            else
                subscriber.Write(delivery, Self);
        }
    }

    /// <summary>Without a subscriber, as in a resumed session, the message is held without acknowledgement until a subscriber is added.</summary>
    private void Keep(Publish message, MqttClient.Acknowledge? acknowledge)
    {
        if (acknowledge is not null && !WasLeft(message.Topic))
        {
            _unclaimed.Add((message, acknowledge));
            return;
        }
        _facade.Drop();
        if (acknowledge is not null)
            _client.Tell(acknowledge, Self);
    }

    /// <summary>Passes a message that was not handled to another subscriber, or to the next one that is added.</summary>
    private void Return(Publish message, MqttClient.Acknowledge acknowledge)
    {
        if (_subscribers.Find(each => each.Matches(message.Topic)) is { } other)
            other.Write(new Delivery(message, acknowledge, 1), Self);
        else
            _unclaimed.Add((message, acknowledge));
    }

    private bool WasLeft(string topic)
    {
        foreach (var filter in _left)
        {
            if (TopicFilter.Matches(SharedFilter.TryParse(filter, out var shared) ? shared.Filter : filter, topic))
                return true;
        }
        return false;
    }

    private void Claim(Subscriber subscriber)
    {
        for (var at = 0; at < _unclaimed.Count;)
        {
            var (message, acknowledge) = _unclaimed[at];
            if (!subscriber.Matches(message.Topic))
            {
                at++;
                continue;
            }
            _unclaimed.RemoveAt(at);
            subscriber.Write(new Delivery(message, acknowledge, 1), Self);
        }
    }

    private void Remove(Subscriber subscriber, bool isKept)
    {
        _subscribers.Remove(subscriber);
        subscriber.End(null);
        if (subscriber.Lanes is not null)
            Context.Stop(subscriber.Lanes);
        foreach (var delivery in subscriber.Unhandled())
        {
            if (delivery.TryReturn(out var acknowledge))
                _unclaimed.Add((delivery.Packet, acknowledge));
        }
        if (isKept || _subscribers.Exists(other => other.Filter == subscriber.Filter))
            return;
        _left.Add(subscriber.Filter);
        _client.Tell(new MqttClient.Unsubscribe([subscriber.Filter], subscriber.Filter), Self);
    }
}
