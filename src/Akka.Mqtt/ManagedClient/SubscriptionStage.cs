using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The messages of one subscription. See <see cref="MqttSource"/>.</summary>
internal sealed class SubscriptionStage(MqttClient client, Subscription subscription) : GraphStageWithMaterializedValue<SourceShape<MqttCommittable>, Task<Done>>
{
    private readonly Outlet<MqttCommittable> _out = new("MqttSource.out");

    public override SourceShape<MqttCommittable> Shape => new(_out);

    public override ILogicAndMaterializedValue<Task<Done>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this, client, subscription);
        return new LogicAndMaterializedValue<Task<Done>>(logic, logic.WhenSubscribed);
    }

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly SubscriptionStage _stage;
        private readonly MqttClient _client;
        private readonly Subscription _subscription;
        private readonly Subscriber _subscriber;
        private readonly Queue<MqttCommittable> _taken = new(); // probably not acknowledged; bounded by the Receive Maximum
        private readonly TaskCompletionSource<Done> _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Action<bool> _onMore;
        private readonly Action<Exception> _onFailure;
        private bool _isAway;

        public Logic(SubscriptionStage stage, MqttClient client, Subscription subscription)
            : base(stage.Shape)
        {
            (_stage, _client, _subscription) = (stage, client, subscription);
            _subscriber = new Subscriber(subscription.Filter, client.Facade.Settings.MaxUnhandledBytes);
            _onMore = GetAsyncCallback<bool>(More);
            _onFailure = GetAsyncCallback<Exception>(FailStage);
            SetHandler(stage._out, this);
        }

        public Task<Done> WhenSubscribed => _subscribed.Task;

        public override void PreStart()
        {
            _client.Facade.Tell(new Facade.Add(_subscriber)); // before SUBSCRIBE, so that it exists when messages arrive
            _ = SubscribeAsync();
        }

        public override void OnPull()
        {
            if (_subscriber.TryTake(out var delivery))
                Push(delivery);
            else
                _ = WaitAsync();
        }

        public override void OnDownstreamFinish(Exception cause)
        {
            Leave(isKept: cause is not SubscriptionWithCancelException.NonFailureCancellation);
            base.OnDownstreamFinish(cause);
        }

        public override void PostStop() => Leave(isKept: true); // it failed, or its materializer ended

        private void Push(Delivery delivery)
        {
            var message = new MqttCommittable(delivery, _client.Facade);
            while (_taken.TryPeek(out var oldest) && oldest.IsSettled)
                _taken.Dequeue();
            if (delivery.Packet.QoS != QualityOfService.AtMostOnce)
                _taken.Enqueue(message);
            Push(_stage._out, message);
        }

        private void More(bool isThere)
        {
            if (!isThere)
                CompleteStage(); // the client was disposed
            else if (_subscriber.TryTake(out var delivery))
                Push(delivery);
            else
                _ = WaitAsync();
        }

        private async Task SubscribeAsync()
        {
            try
            {
                await _client.Facade.Calls.SubscribeAsync(_subscription).ConfigureAwait(false);
                _subscribed.TrySetResult(Done.Instance);
            }
            catch (MqttClientException refused)
            {
                if (_subscribed.TrySetException(refused))
                    _ = _subscribed.Task.Exception; // observed, because perhaps no task waits
                _onFailure(refused);
            }
        }

        private async Task WaitAsync()
        {
            try
            {
                _onMore(await _subscriber.Reader.WaitToReadAsync().ConfigureAwait(false));
            }
            catch (MqttClientException ended)
            {
                _onFailure(ended);
            }
        }

        private void Leave(bool isKept)
        {
            if (_isAway)
                return;
            _isAway = true;
            foreach (var message in _taken)
            {
                if (message.TrySettle())
                    _subscriber.Return(message.Delivery);
            }
            _taken.Clear();
            _client.Facade.Tell(new Facade.Remove(_subscriber, isKept));
        }
    }
}
