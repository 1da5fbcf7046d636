using System.Diagnostics.Metrics;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Admin;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class MetersSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Fact]
    public async Task The_meter_tells_what_the_server_does()
    {
        var server = await StartAsync("sys-interval = off");
        var values = new System.Collections.Concurrent.ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter, ((ServerMeters)server.Context.Meters!).Meter))
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => values[Name(instrument, tags)] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => values[Name(instrument, tags)] = value);
        listener.Start();

        var client = await ClientAsync(server, "a");
        await client.SubscribeAsync("t");
        await client.SendPacketAsync(new Publish("t", "12345"), new Publish("kept", "123") { Retain = true }, new Publish("$SYS/x", "1"));
        await client.ExpectPacketAsync<Publish>(Soon);
        await ConnectAsync(server, new Connect { Properties = new ConnectProperties { AuthenticationMethod = "none" } });
        await AwaitAssertAsync(
            () =>
            {
                listener.RecordObservableInstruments();
                Assert.Equal(1, values["mqtt.server.connections"]);
                Assert.Equal(1, values["mqtt.server.clients"]);
                Assert.Equal(1, values["mqtt.server.sessions"]);
                Assert.Equal(1, values["mqtt.server.subscriptions"]);
                Assert.Equal(1, values["mqtt.server.retained.messages"]);
                Assert.Equal(2, values["mqtt.server.connections.accepted"]);
                Assert.Equal(3, values["mqtt.server.messages.received"]);
                Assert.Equal(1, values["mqtt.server.messages.sent"]);
                Assert.Equal(9, values["mqtt.server.payload.received"]);
                Assert.Equal(5, values["mqtt.server.payload.sent"]);
                Assert.Equal(5, values["mqtt.server.packets.received"] - 1); // CONNECT, SUBSCRIBE, three PUBLISH; and the CONNECT that was refused
                Assert.True(TestSystem.Serializes || values["mqtt.server.io.received"] > 40); // a copy of the transport counts no bytes
                Assert.True(TestSystem.Serializes || values["mqtt.server.io.sent"] > 15);
                Assert.Equal(1, values["mqtt.server.refusals reason=NotAuthorized what=Publish"]);
                Assert.Equal(1, values["mqtt.server.messages.dropped reason=NotAuthorized"]);
                Assert.Equal(1, values["mqtt.server.refusals reason=BadAuthenticationMethod what=Connect"]);
                Assert.Contains("mqtt.server.delivery.duration", values.Keys);
            },
            Soon);
    }

    [Fact]
    public async Task Every_instrument_is_in_the_documentation()
    {
        var server = await StartAsync();
        var names = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (ReferenceEquals(instrument.Meter, ((ServerMeters)server.Context.Meters!).Meter))
                    names.Add(instrument.Name);
            },
        };
        listener.Start();
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Akka.Mqtt.sln")))
            folder = folder.Parent;
        var text = await File.ReadAllTextAsync(Path.Combine(folder.FullName, "docs", "operations.md"));
        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, name => !text.Contains($"`{name}`", StringComparison.Ordinal));
    }

    private static string Name(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order().Prepend(instrument.Name));
}
