using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// One attempt to connect, and its connection: options, dialling, CONNECT, authentication, keep-alive. The next attempt is a new object, so that it is
/// independent of this one. Runs in the client actor.
/// </summary>
internal sealed class ClientAttempt
{
    private const string AnswerTimer = "answer";
    private const string KeepAliveTimer = "keep-alive";

    private readonly MqttClientSettings _clientSettings;
    private readonly IActorRef _self;
    private readonly ActorSystem _system;
    private readonly ITimerScheduler _timers;
    private CancellationTokenSource? _cancel; // created only for code of the user, which most attempts do not run
    private bool _hasHeard;
    private bool _awaitsAnswer;
    private bool _isReading = true;
    private bool _isClosing;

    public ClientAttempt(MqttClientSettings settings, Uri server, IActorRef self, ActorSystem system, ITimerScheduler timers)
    {
        _clientSettings = settings;
        _self = self;
        _system = system;
        _timers = timers;
        Server = server;
        Settings = settings;
    }

    public Uri Server { get; }

    /// <summary>The settings of this attempt.</summary>
    public MqttClientSettings Settings { get; private set; }

    public bool IsDialling { get; private set; }

    /// <summary>Whether the server accepted the client.</summary>
    public bool IsAccepted { get; private set; }

    public IActorRef? Connection { get; private set; }

    /// <summary>Calls OnAttempt, if it is set, and dials.</summary>
    public void Begin(int number, MqttClient.Cause? lastCause)
    {
        if (_clientSettings.OnAttempt is not { } hook)
        {
            Dial(_clientSettings, null);
            return;
        }
        Await();
        var attempt = new MqttClientAttempt(_clientSettings, Server, number, lastCause);
        Run(token => hook(attempt, token), (settings, failure) => new Options(this, settings, failure));
    }

    /// <summary>A message of this attempt.</summary>
    public void Handle(Message message, ClientOutput output)
    {
        switch (message)
        {
            case Options options:
                Dial(options.Settings, options.Failure);
                break;
            case AuthData data:
                Answer(data.Data, data.Failure);
                break;
            case NoAnswer:
                TimeOut();
                break;
            case KeepAliveTick:
                Tick(output);
                break;
        }
    }

    /// <summary>The options are known.</summary>
    private void Dial(MqttClientSettings? settings, Exception? failure)
    {
        EndAwait();
        try
        {
            if (failure is null && !ReferenceEquals(settings, _clientSettings)) // the copy would cost each idle client 270 bytes
                Settings = (settings ?? throw new InvalidOperationException("OnAttempt returned null.")) with { Version = _clientSettings.Version };
            Settings.Checked();
        }
        catch (Exception e) when (e is ConfigurationException or InvalidOperationException)
        {
            failure = e;
        }
        if (failure is not null)
        {
            FailLater(new MqttClient.Cause(MqttClientCause.OptionsFailed, $"OnAttempt failed: {failure.Message}") { Exception = failure });
            return;
        }
        IsDialling = true;
        var dial = new Mqtt.Connect(Server) { Settings = Settings.Connection, LocalAddress = Settings.LocalAddress, IsOfManagedClient = true };
        if (dial.Tls is not null && Settings.Tls is not null)
            dial = dial with { Tls = Settings.Tls };
        _system.Mqtt().Tell(dial, _self);
    }

    /// <summary>
    /// The transport is up. The connection does not watch the client, which closes or aborts it when it stops. If the client stops between the dial and this, the connection has no
    /// handler, and <c>register-timeout</c> ends it.
    /// </summary>
    public void Open(IActorRef connection, Connect connect)
    {
        IsDialling = false;
        Connection = connection;
        Await(); // before CONNECT is sent, so that the timer already runs when the server receives it
        connection.Tell(new Mqtt.Register(_self) { Delivery = MqttDelivery.Batches, LogsTheEnd = true, TellsItsEnd = true }, _self);
        Send(connect);
    }

    /// <summary>The server accepted the client.</summary>
    public void Accept(ConnAck answer)
    {
        EndAwait();
        IsAccepted = true;
        var seconds = answer.Properties?.ServerKeepAlive ?? (ushort)Settings.KeepAlive.TotalSeconds; // [MQTT-3.2.2-21 v5]
        if (seconds > 0)
            _timers.StartPeriodicTimer(KeepAliveTimer, new KeepAliveTick(this), TimeSpan.FromSeconds(seconds / 2.0));
    }

    /// <summary>A packet arrived, so the server is alive.</summary>
    public void Heard()
    {
        _hasHeard = true;
        if (IsAccepted)
            EndAwait();
    }

    /// <summary>
    /// Half a keep-alive interval has passed. A client that only sends would not detect a dead server, and a server closes a client that only receives.
    /// Therefore a ping is sent when either direction was silent.
    /// </summary>
    private void Tick(ClientOutput output)
    {
        var silent = !_hasHeard || !output.HasSent;
        _hasHeard = false;
        output.HasSent = false;
        if (!silent)
            return;
        if (!_awaitsAnswer && _isReading) // while reading is stopped no answer can arrive
            Await();
        Send(PingReq.Instance);
    }

    /// <summary>The server did not answer.</summary>
    private void TimeOut()
    {
        _awaitsAnswer = false;
        FailLater(Connection is null
            ? new MqttClient.Cause(MqttClientCause.OptionsFailed, $"OnAttempt returned no options within answer-timeout = {_clientSettings.AnswerTimeout:c}.")
            : new MqttClient.Cause(
                MqttClientCause.NoAnswer,
                $"The server did not answer {(IsAccepted ? "a ping" : "CONNECT")} within answer-timeout = {_clientSettings.AnswerTimeout:c}."));
    }

    /// <summary>The server sent AUTH [MQTT-4.12.0-3 v5].</summary>
    public void Authenticate(Auth auth)
    {
        if (Settings.OnAuthenticate is not { } hook)
        {
            FailLater(new MqttClient.Cause(MqttClientCause.OptionsFailed, "The server sent AUTH, but OnAuthenticate is not set."));
            return;
        }
        if (auth.ReasonCode == ReasonCode.ContinueAuthentication)
            Run(token => hook(auth, token), (data, failure) => new AuthData(this, data, failure));
    }

    /// <summary>OnAuthenticate has returned the answer to AUTH.</summary>
    private void Answer(MqttBinary data, Exception? failure)
    {
        if (failure is not null)
        {
            FailLater(new MqttClient.Cause(MqttClientCause.OptionsFailed, $"OnAuthenticate failed: {failure.Message}") { Exception = failure });
            return;
        }
        Send(new Auth(ReasonCode.ContinueAuthentication)
        {
            Properties = new AuthProperties { AuthenticationMethod = Settings.AuthenticationMethod, AuthenticationData = data },
        });
    }

    /// <summary>Stops or continues reading.</summary>
    public void SetReading(bool reading)
    {
        if (Connection is null || reading == _isReading)
            return;
        _isReading = reading;
        if (!reading)
            EndAwait();
        Connection.Tell(reading ? Mqtt.ResumeReading.Instance : Mqtt.SuspendReading.Instance, _self);
    }

    /// <summary>Sends DISCONNECT and closes. Only the first call does it: nothing may follow DISCONNECT.</summary>
    public void Close(ReasonCode code, DisconnectProperties? properties = null)
    {
        if (_isClosing)
            return;
        _isClosing = true;
        SetReading(true); // only a reading connection detects its end
        var v5 = Settings.Version == MqttVersion.V5;
        if (v5 || !code.IsFailure())
            Send(v5 ? new Disconnect(code) { Properties = properties } : new Disconnect());
        Connection!.Tell(Mqtt.Close.Instance, _self);
    }

    /// <summary>Resets the connection, if there is one.</summary>
    public void Abort()
    {
        Connection?.Tell(Mqtt.Abort.Instance, _self);
        End();
    }

    /// <summary>Stops waiting for events of this attempt.</summary>
    public void End()
    {
        _cancel?.Cancel();
        _timers.Cancel(AnswerTimer);
        _timers.Cancel(KeepAliveTimer);
        Connection?.Tell(Mqtt.Close.Instance, _self); // a connection that has ended already ignores it
        IsDialling = false;
    }

    private void Send(MqttPacket packet)
    {
        PacketTrace.Show(_clientSettings.OnSending, packet);
        Connection!.Tell(packet, _self);
    }

    private void FailLater(MqttClient.Cause cause)
    {
        if (cause.Kind == MqttClientCause.NoAnswer)
            Connection?.Tell(Mqtt.Abort.Instance, _self); // a close would wait for a silent peer
        _self.Tell(new Failed(this, cause), _self);
    }

    private void Await()
    {
        _awaitsAnswer = true;
        _timers.StartSingleTimer(AnswerTimer, new NoAnswer(this), _clientSettings.AnswerTimeout);
    }

    private void EndAwait()
    {
        if (!_awaitsAnswer)
            return;
        _awaitsAnswer = false;
        _timers.Cancel(AnswerTimer);
    }

    /// <summary>Runs code of the user outside the actor, and catches its exceptions.</summary>
    private void Run<T>(Func<CancellationToken, ValueTask<T>> code, Func<T?, Exception?, object> report)
    {
        var self = _self;
        var token = (_cancel ??= new CancellationTokenSource()).Token;
        _ = Task.Run(async () =>
        {
            try
            {
                self.Tell(report(await code(token).ConfigureAwait(false), null), self);
            }
            catch (Exception e)
            {
                self.Tell(report(default, e), self);
            }
        });
    }

    /// <summary>A message to the client actor about an attempt; ignored for earlier attempts.</summary>
    internal abstract record Message(ClientAttempt Attempt) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record Options(ClientAttempt Attempt, MqttClientSettings? Settings, Exception? Failure) : Message(Attempt);

    private sealed record AuthData(ClientAttempt Attempt, MqttBinary Data, Exception? Failure) : Message(Attempt);

    private sealed record NoAnswer(ClientAttempt Attempt) : Message(Attempt);

    private sealed record KeepAliveTick(ClientAttempt Attempt) : Message(Attempt);

    internal sealed record Failed(ClientAttempt Attempt, MqttClient.Cause Cause) : Message(Attempt);
}
