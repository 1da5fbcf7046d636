using System.IO.Pipelines;
using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit.Links;
using Akka.TestKit;

namespace Akka.Mqtt.TestKit;

/// <summary>Where an MQTT probe comes from: any test kit that derives from <see cref="TestKitBase"/>.</summary>
public static class MqttTestKitExtensions
{
    /// <summary>A probe over a stream, such as an end of an <see cref="InMemoryLink"/> or a <see cref="FaultyTransport.Stream"/>.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="stream">The stream; the probe owns it.</param>
    /// <param name="version">The protocol version; null until a CONNECT tells it.</param>
    /// <param name="name">What failures call it. Default: <c>probe</c>.</param>
    /// <returns>The probe.</returns>
    public static MqttProbe CreateMqttProbe(this TestKitBase testKit, Stream stream, MqttVersion? version = null, string name = "probe")
    {
        ArgumentNullException.ThrowIfNull(testKit);
        ArgumentNullException.ThrowIfNull(stream);
        return new MqttProbe(testKit, stream, version, name);
    }

    /// <summary>A probe over a pair of streams.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="input">What the probe reads from.</param>
    /// <param name="output">What the probe writes to.</param>
    /// <param name="version">The protocol version; null until a CONNECT tells it.</param>
    /// <param name="name">What failures call it. Default: <c>probe</c>.</param>
    /// <returns>The probe.</returns>
    public static MqttProbe CreateMqttProbe(
        this TestKitBase testKit, Stream input, Stream output, MqttVersion? version = null, string name = "probe") =>
        testKit.CreateMqttProbe(new StreamPair(input, output), version, name);

    /// <summary>A probe over a pipe.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="pipe">The pipe; the probe owns it.</param>
    /// <param name="version">The protocol version; null until a CONNECT tells it.</param>
    /// <param name="name">What failures call it. Default: <c>probe</c>.</param>
    /// <returns>The probe.</returns>
    public static MqttProbe CreateMqttProbe(this TestKitBase testKit, IDuplexPipe pipe, MqttVersion? version = null, string name = "probe")
    {
        ArgumentNullException.ThrowIfNull(pipe);
        return testKit.CreateMqttProbe(pipe.Input.AsStream(), pipe.Output.AsStream(), version, name);
    }

    /// <summary>
    /// Attaches one end of an in-memory link to the runtime, as if a connection had come from the network, and gives a probe on the other.
    /// </summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="handler">Who is told <see cref="Mqtt.Connected"/>, as after <c>Mqtt.Bind</c> or <c>Mqtt.Connect</c>.</param>
    /// <param name="role">The side of the code under test; the probe plays the other one.</param>
    /// <param name="faults">Faults between both, or null for none; directions as the probe sees them.</param>
    /// <param name="settings">Settings of the connection; null takes <c>akka.mqtt.connection</c>.</param>
    /// <returns>The probe.</returns>
    public static MqttProbe AttachMqttProbe(
        this TestKitBase testKit, IActorRef handler, MqttRole role, FaultPlan? faults = null, MqttConnectionSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(testKit);
        ArgumentNullException.ThrowIfNull(handler);
        var link = new InMemoryLink();
        var transport = faults is null ? null : FaultyTransport.Wrap(link.B, faults);
        var name = faults is null ? "probe" : $"probe ({faults})";
        var probe = new MqttProbe(testKit, transport?.Stream ?? link.B, null, name) { Faults = transport };
        testKit.Sys.Mqtt().Tell(new Mqtt.Attach(link.A, role) { Settings = settings }, handler);
        return probe;
    }

    /// <summary>
    /// Connects a probe over TCP or a unix socket; the same as <see cref="MqttProbe.ConnectAsync(TestKitBase, EndPoint, TimeSpan?)"/>.
    /// </summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="endPoint">Where to.</param>
    /// <param name="timeout">How long it may take; null takes the test kit's default.</param>
    /// <returns>The probe; nothing of MQTT has been sent.</returns>
    public static Task<MqttProbe> ConnectMqttProbeAsync(this TestKitBase testKit, EndPoint endPoint, TimeSpan? timeout = null) =>
        MqttProbe.ConnectAsync(testKit, endPoint, timeout);

    /// <summary>Listens as a fake server on a loopback port that the system picks; the same as <see cref="MqttProbe.Listen"/>.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <returns>The listener.</returns>
    public static MqttServerProbe CreateMqttServerProbe(this TestKitBase testKit) => MqttProbe.Listen(testKit);
}
