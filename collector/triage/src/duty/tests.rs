//! Tables for whom a rota and a chain call, through swaps, deputies, holidays and changes of the clocks.
