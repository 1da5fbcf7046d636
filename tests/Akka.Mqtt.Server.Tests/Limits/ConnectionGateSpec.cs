using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class ConnectionGateSpec(ITestOutputHelper output) : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(), output: output)
{
    private int _open;

    private (ConnectionGate Gate, MemoryBudget Memory) Create(string config)
    {
        var settings = MqttServerSettings.Create(ConfigurationFactory.ParseString($"akka.mqtt.server {{ {config} }}"));
        var memory = new MemoryBudget(settings.Limits);
        return (new ConnectionGate(settings, settings.MaxConnections, memory, count => _open += count), memory);
    }

    private static TransportInfo From(string address) =>
        new(MqttTransport.Tcp) { RemoteAddress = new IPEndPoint(IPAddress.Parse(address), 1000) };

    [Fact]
    public void One_address_cannot_use_up_the_rate_of_all()
    {
        var (gate, _) = Create("max-connect-rate = 10, max-connect-burst = 10");
        var verdicts = Enumerable.Range(0, 100).Select(_ => gate.Admit(From("10.0.0.1"), 0)!.Verdict).ToList();
        Assert.Equal(5, verdicts.Count(each => each == ReasonCode.Success));
        Assert.Contains(ReasonCode.ConnectionRateExceeded, verdicts);
        Assert.Equal(ReasonCode.Success, gate.Admit(From("10.0.0.2"), 0)!.Verdict);
    }

    [Fact]
    public void Addresses_of_one_network_of_IPv6_are_one_address()
    {
        var (gate, _) = Create("max-connect-rate = 10, max-connect-burst = 10");
        for (var at = 0; at < 100; at++)
            gate.Admit(From($"2001:db8::{at + 1:x}"), 0);
        Assert.Equal(ReasonCode.ConnectionRateExceeded, gate.Admit(From("2001:db8::ffff"), 0)!.Verdict);
        Assert.Equal(ReasonCode.Success, gate.Admit(From("2001:db8:0:1::1"), 0)!.Verdict);
        Assert.Equal(AddressKey.Of(From("10.0.0.1").RemoteAddress), AddressKey.Of(From("::ffff:10.0.0.1").RemoteAddress));
    }

    [Fact]
    public void All_addresses_together_have_no_more_than_the_rate()
    {
        var (gate, _) = Create("max-connect-rate = 10, max-connect-burst = 10");
        var verdicts = Enumerable.Range(1, 100).Select(at => gate.Admit(From($"10.0.0.{at}"), 0)!.Verdict);
        Assert.Equal(10, verdicts.Count(each => each == ReasonCode.Success));
    }

    [Fact]
    public void Rates_of_a_million_addresses_are_not_all_remembered()
    {
        var limits = MqttServerSettings.Create(ConfigurationFactory.ParseString("akka.mqtt.server { max-connect-rate = 10 }")).Limits;
        var rates = AddressRates.Of(limits)!;
        for (var at = 0; at < 1_000_000; at++)
            rates.TryConnect(new AddressKey((ulong)at + 1, true), 0);
        Assert.InRange(rates.Count, 1, 16_384);
    }

    [Fact]
    public void Too_many_silent_connections_displace_the_oldest_of_the_busiest_address()
    {
        var (gate, memory) = Create("max-pending-connections = 10");
        var honest = gate.Admit(From("10.0.0.2"), 0)!;
        var silent = new List<ConnectionPermit>();
        var probes = new List<Akka.TestKit.TestProbe>();
        for (var at = 0; at < 9; at++)
        {
            var permit = gate.Admit(From("10.0.0.1"), 0)!;
            probes.Add(CreateTestProbe());
            permit.Pending(probes[^1], ActorRefs.Nobody);
            silent.Add(permit);
        }
        Assert.NotNull(gate.Admit(From("10.0.0.3"), 0));
        probes[0].ExpectMsg<ConnectionPermit.Displaced>();
        Assert.Equal(10, gate.Pending);
        Assert.Equal(1, gate.Displaced);
        Assert.Equal(10 * gate.SilentCost, memory.Used(MemoryKind.PreAuthentication));
        Assert.False(silent[0].TryHold(100)); // its CONNECT came too late
        Assert.True(honest.TryHold(100));
        Assert.Equal((9 * gate.SilentCost) + MemoryCost.PendingConnection + 100, memory.Used(MemoryKind.PreAuthentication));
    }

    [Fact]
    public void What_connections_keep_is_returned_when_they_are_accepted_and_when_they_end()
    {
        var (gate, memory) = Create("");
        var permit = gate.Admit(From("10.0.0.1"), 0)!;
        Assert.True(permit.TryHold(5000));
        Assert.True(permit.TryAccept(hasSession: false));
        Assert.Equal(0, memory.Used(MemoryKind.PreAuthentication));
        Assert.Equal(MemoryCost.Connection, memory.Used(MemoryKind.Connections));
        Assert.Equal(0, gate.Pending);
        permit.Dispose();
        permit.Dispose();
        Assert.Equal(0, memory.Total);
        Assert.Equal(0, _open);
        gate.Admit(From("10.0.0.1"), 0)!.Dispose();
        Assert.Equal((0, 0L), (gate.Pending, memory.Total));
    }

    [Fact]
    public void Without_memory_for_a_connection_only_a_client_with_a_session_is_accepted()
    {
        var (gate, memory) = Create("memory { limit = 10 MiB, shares.connections = 0.001 }");
        for (var at = 0; at < 6; at++) // 64 KiB, the least
            Assert.True(gate.Admit(From("10.0.0.1"), 0)!.TryAccept(hasSession: false));
        var newcomer = gate.Admit(From("10.0.0.1"), 0)!;
        Assert.False(newcomer.TryAccept(hasSession: false));
        var owner = gate.Admit(From("10.0.0.1"), 0)!;
        Assert.True(owner.TryAccept(hasSession: true));
        owner.Dispose();
        newcomer.Dispose();
        Assert.Equal(6 * MemoryCost.Connection, memory.Used(MemoryKind.Connections));
    }

    [Fact]
    public void A_CONNECT_that_finds_no_memory_displaces_a_silent_connection()
    {
        var (gate, _) = Create("memory { limit = 10 MiB, shares.pre-authentication = 0.003 }"); // 64 KiB, the least
        var silent = gate.Admit(From("10.0.0.1"), 0)!;
        var probe = CreateTestProbe();
        silent.Pending(probe, ActorRefs.Nobody);
        var speaks = gate.Admit(From("10.0.0.2"), 0)!;
        Assert.True(speaks.TryHold(50_000));
        probe.ExpectMsg<ConnectionPermit.Displaced>();
        Assert.Null(gate.Admit(From("10.0.0.2"), 0)); // nobody is left to displace
    }

    [Fact]
    public void There_are_no_more_connections_than_the_system_has_descriptors_for()
    {
        var settings = MqttServerSettings.Create(ConfigurationFactory.ParseString("akka.mqtt.server.max-connections = 10000000"));
        var most = ServerContext.Create(settings).Gate.MaxConnections;
        Assert.InRange(most, 1, Akka.Mqtt.Transport.Descriptors.Limit - Akka.Mqtt.Transport.Descriptors.Reserve ?? 10_000_000);
    }

    [Fact]
    public void Who_waits_for_the_last_end_is_called_when_it_has_come()
    {
        var (gate, _) = Create("");
        var permit = gate.Admit(From("10.0.0.1"), 0)!;
        var called = 0;
        gate.WhenEmpty(() => called++);
        Assert.Equal(0, called);
        permit.Dispose();
        Assert.Equal(1, called);
        gate.WhenEmpty(() => called++);
        Assert.Equal(2, called);
    }
}
