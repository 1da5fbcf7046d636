using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Attacks;

/// <summary>Floods of logins with a wrong password: a good login from another address is accepted within a second meanwhile.</summary>
internal static class LoginAttack
{
    private static readonly IPAddress Elsewhere = IPAddress.Parse("127.0.0.2");
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(TimeSpan duration, bool isBusy)
    {
        var attack = new Attack("logins", duration, isBusy);
        if (!OperatingSystem.IsLinux())
        {
            attack.Fail("only Linux has a second address, 127.0.0.2, without being told");
            return attack.Report();
        }
        var passwords = await ServerProcess.WritePasswordsAsync();
        await using var server = await ServerProcess.StartAsync(null, null, $"listener-defaults.password-file={passwords}");
        await attack.NewcomerAsync(server.Address, GiveUp, "before", "good", Elsewhere); // the first one waits for the compiler
        do
        {
            attack.Rounds++;
            await FloodAsync(attack, server, "flood", 3000, closes: false);
            if (attack.GoesOn)
                await FloodAsync(attack, server, "floodThatCloses", 6000, closes: true);
            if (!server.IsAlive)
                attack.Fail($"the server has ended with {server.Obituary}");
            attack.Peak("residentMegabytes", server.PeakResident);
            attack.Peak("descriptors", server.PeakDescriptors);
            attack.Peak("logLinesPerRound", (double)server.LogLines / attack.Rounds);
        }
        while (attack.GoesOn);
        File.Delete(passwords);
        return attack.Report();
    }

    private static async Task FloodAsync(Attack attack, ServerProcess server, string name, int count, bool closes)
    {
        var connect = MqttEncoder.Encode(new Connect { ClientId = "x", UserName = "good", Password = "wrong" }, MqttVersion.V5);
        var open = new List<Client>();
        var started = Stopwatch.GetTimestamp();
        var flood = Task.Run(async () =>
        {
            for (var at = 0; at < count; at++)
            {
                try
                {
                    var client = await Client.DialAsync(server.Address, timeout: TimeSpan.FromSeconds(2));
                    await client.SendAsync(connect);
                    if (closes)
                        client.Dispose();
                    else
                        open.Add(client);
                }
                catch (Exception error) when (error is SocketException or OperationCanceledException)
                {
                    attack.Count($"{name}Refused"); // that is what it may do
                }
            }
            attack.Peak($"{name}Seconds", Stopwatch.GetElapsedTime(started).TotalSeconds);
        });
        var times = new List<double>();
        do
        {
            await Task.Delay(100);
            times.Add(await attack.NewcomerAsync(server.Address, GiveUp, name, "good", Elsewhere));
        }
        while (!flood.IsCompleted || times.Count < 5);
        await flood;
        attack.Peak($"{name}GoodLoginWorstMs", times.Max());
        attack.Peak($"{name}GoodLoginMedianMs", times.Order().ElementAt(times.Count / 2));
        attack.Count("goodLogins", times.Count);
        if (times.Max() > attack.Promise.TotalMilliseconds)
            attack.Fail(FormattableString.Invariant($"{name}: a good login took {times.Max():F0} ms, and {attack.Promise.TotalSeconds} s are promised"));
        attack.Peak($"{name}SameAddressMs", await attack.NewcomerAsync(server.Address, GiveUp, $"{name}, same address", "good"));
        open.ForEach(client => client.Dispose());
    }
}
