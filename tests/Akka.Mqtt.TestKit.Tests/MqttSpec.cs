namespace Akka.Mqtt.TestKit.Tests;

/// <summary>The base of the specs: short time-outs, so that specs of failures are quick.</summary>
public abstract class MqttSpec(string? config = null) : Akka.TestKit.Xunit2.TestKit(TestSystem.Configured($$"""
    akka.loglevel = WARNING
    akka.test.single-expect-default = 5s
    akka.test.expect-no-message-default = 50ms
    {{config}}
    """))
{
    protected static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    /// <summary>What a failing expectation says.</summary>
    protected static async Task<string> FailureOf(Func<Task> expectation)
    {
        var thrown = await Record.ExceptionAsync(expectation);
        // Within wraps what happens in it.
        var failure = Assert.IsAssignableFrom<Xunit.Sdk.XunitException>(thrown is AggregateException all ? all.Flatten().InnerException : thrown);
        return failure.Message.ReplaceLineEndings("\n");
    }

    /// <summary>Two probes that talk to each other through memory.</summary>
    protected (MqttProbe Client, MqttProbe Server) Pair(Protocol.MqttVersion? version = null)
    {
        var link = new InMemoryLink();
        return (this.CreateMqttProbe(link.A, version, "client"), this.CreateMqttProbe(link.B, version, "server"));
    }
}
